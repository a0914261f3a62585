"""mVoting: participation, verifiable voting and disaster alerts for a city."""
