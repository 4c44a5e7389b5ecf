"""The stand-ins for AWS, as internal/awstest starts them.

aws.py serves ministack, with a module beside it for each thing that ministack
1.5.33 lacks or does otherwise than AWS documents. Each has a function mend(),
which puts its own function in the place of ministack's. What they add is a
fixture: it lets a test run, and proves nothing about AWS. faults.py serves
microburst. Both end with the process that holds their standard input.
"""
