"""The official account of WeChat: its pushes answered, its menu kept, its web sign-in (wechat-sms.md)."""
