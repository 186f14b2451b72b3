"""树党旗: joint orders raised, judged and told, behind the same door as cases (domain-rules §7)."""
