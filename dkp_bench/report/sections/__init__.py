"""One file a section of the report; each is found by its place here, and ``ORDER`` says where it stands."""
