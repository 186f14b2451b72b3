"""The outside world in miniature: a DingTalk that an unmodified SDK cannot tell from the real one."""
