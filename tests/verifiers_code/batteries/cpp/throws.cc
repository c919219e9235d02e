@RESULT@ @NAME@(@PARAMETERS@) { throw 0; }
