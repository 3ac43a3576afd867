"""Tables of described sounds: folders, data sets and the synthesised library."""
