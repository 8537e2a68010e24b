"""Jitbit Helpdesk: the web API, SQL Server with a file share, or a folder of exported tables with a file share."""
