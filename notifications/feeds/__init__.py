"""CAP feeds: messages handed in by sources or fetched from them become drafts, or go out when two people listed that."""
