"""The command line: parse, call one function, write the result."""
