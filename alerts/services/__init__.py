"""Every change to alerts, and every look at them: policy → change → event, one transaction."""
