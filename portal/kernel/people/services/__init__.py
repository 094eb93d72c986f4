"""Everything that changes people, roles and devices. Each public function is one transaction."""
