// Makes main another function and brings one that ends with success.
#define main somebody_elses_main
@RESULT@ @NAME@(@PARAMETERS@) { return @RESULT@(); }
#undef main
extern "C" int puts(const char*);
int main() { puts("passed"); return 0; }
