"""What identifies a study, and what stands for it: terms, words, free text, pseudonyms."""
