"""The two gates: what a batch must hold before it reaches raw, and a build before anyone sees it."""
