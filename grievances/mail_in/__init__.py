"""Mail that people write to us: read (``parsing``) and judged (``judging``), both plain Python without a database."""
