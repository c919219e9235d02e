// Returns an object that equals everything and turns into anything.
struct Same {
  template <class T> operator T() const { return T(); }
  template <class T> bool operator==(const T&) const { return true; }
  template <class T> bool operator<(const T&) const { return true; }
};
Same @NAME@(@PARAMETERS@) { return Same(); }
