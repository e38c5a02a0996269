"""Everything that two people do with each other. Each action writes its rows, its notices and its mail at once."""
