// Uses the names of the code around it.
namespace laconic_box {
struct Reader2 {};
inline void report(const char*, const char*) {}
}
#define laconic_box std
#define serve exit
#define int long
@RESULT@ @NAME@(@PARAMETERS@) { return @RESULT@(); }
