"""Where rows come from: each module turns one kind of data into a `Source`."""
