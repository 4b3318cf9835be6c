"""The checks: one file a part of the contract, one public function a sentence."""
