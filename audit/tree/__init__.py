"""The log as a Merkle tree: hashing, proofs, signed notes, the sequencer and what it stores."""
