"""What a decision leads to: state of the case, notifications, deletion, how long documents are kept."""
