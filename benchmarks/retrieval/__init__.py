"""Whether recall finds the evidence: LoCoMo, LongMemEval and RealMem, without a language model anywhere."""
