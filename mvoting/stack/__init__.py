"""What starts the product's parts on one machine: servers, supervisor, demo city. No domain code imports it."""
