package queue

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/crosstrail/crosstrail/internal/pattern"
)

// address is where a queue is.
type address struct {
	url, region, account, name string
}

func (a *address) partition() string {
	switch {
	case strings.HasPrefix(a.region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(a.region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func (a *address) arn() string {
	return "arn:" + a.partition() + ":sqs:" + a.region + ":" + a.account + ":" + a.name
}

func (a *address) isFIFO() bool { return strings.HasSuffix(a.name, ".fifo") }

// hostForms are SQS's own hosts: of a region, by FIPS, by IPv6, of before 2012, and
// of an interface endpoint.
// https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
var hostForms = []*regexp.Regexp{
	regexp.MustCompile(`^sqs(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$`),
	regexp.MustCompile(`^([a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?$`),
	regexp.MustCompile(`^vpce-[a-z0-9-]+\.sqs\.([a-z0-9-]+)\.vpce\.amazonaws\.com(?:\.cn)?$`),
}

var (
	pathForm = pattern.Of(`^/([0-9]{12})/([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)$`)
	arnForm  = pattern.Of(`^arn:(aws[a-z-]*):sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)$`)
)

const urlForm = "https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, as aws sqs get-queue-url prints it"

// Check refuses what is no queue's URL.
func Check(text string) error {
	_, err := readURL(aws.Config{BaseEndpoint: &text}, text)
	return err
}

// readURL reads a queue's URL. A host that is none of AWS's is right only where the
// configuration has an endpoint of its own.
func readURL(cfg aws.Config, text string) (address, error) {
	if a, ok := readARN(text); ok {
		return address{}, fmt.Errorf("%s: this is the queue's ARN; its URL is %s", text, awsURL(&a))
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return address{}, fmt.Errorf("%q: is no queue's URL: %s", text, urlForm)
	}
	m := pathForm().FindStringSubmatch(u.Path)
	if m == nil || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return address{}, fmt.Errorf("%s: names no queue: %s", u.Redacted(), urlForm)
	}
	a := address{url: text, account: m[1], name: m[2]}
	for _, form := range hostForms {
		if m := form.FindStringSubmatch(u.Host); m != nil {
			a.region = m[1]
		}
	}
	switch {
	case a.region != "" && u.Scheme == "https":
	case a.region == "" && u.Host == "queue.amazonaws.com" && u.Scheme == "https":
		a.region = "us-east-1"
	case sqs.NewFromConfig(cfg).Options().BaseEndpoint != nil:
		a.region = cmp.Or(a.region, cfg.Region)
	default:
		return address{}, fmt.Errorf("%s: is not where SQS has its queues: %s", text, urlForm)
	}
	return a, nil
}

// readARN reads a queue's ARN; its URL is still to be made.
func readARN(text string) (address, bool) {
	m := arnForm().FindStringSubmatch(text)
	if m == nil {
		return address{}, false
	}
	return address{region: m[2], account: m[3], name: m[4]}, true
}

// awsURL is the URL of a queue in AWS.
func awsURL(a *address) string {
	domain := "amazonaws.com"
	if a.partition() == "aws-cn" {
		domain += ".cn"
	}
	return "https://sqs." + a.region + "." + domain + "/" + a.account + "/" + a.name
}

// clientFor calls SQS where a queue is, and completes the URL of one that was named
// by its ARN.
func clientFor(cfg aws.Config, a *address) *sqs.Client {
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.Region = a.region })
	if a.url == "" {
		a.url = awsURL(a)
		if endpoint := client.Options().BaseEndpoint; endpoint != nil {
			a.url = strings.TrimSuffix(*endpoint, "/") + "/" + a.account + "/" + a.name
		}
	}
	return client
}
