"""Lists that come in pages."""


def cut(name, items, question, most):
    """A page of items under name: MaxResults long, from where NextToken says."""
    at = int(question.get("NextToken") or 0)
    size = min(int(question.get("MaxResults") or most), most)
    page = {name: items[at : at + size]}
    if at + size < len(items):
        page["NextToken"] = str(at + size)
    return page
