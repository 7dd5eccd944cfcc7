package sqldb_test

const childEnv = "SQLDB_TEST_CHILD"

func child(string) int { return 0 }
