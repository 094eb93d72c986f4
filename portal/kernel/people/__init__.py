"""People, companies, logins, roles, approvals by two people, contact points, API keys."""
