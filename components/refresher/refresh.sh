#!/bin/sh
# Keeps one Kubernetes pull secret fresh: gets an ECR login token and puts it into the Secret.
#
# An ECR token lives 12 hours, so it cannot come from a deployment tool: it would be stale before the next
# deployment. This script runs inside the cluster, from a CronJob, several times within those 12 hours. It needs
# `aws` and `kubectl`, and of the API server only the verbs get and patch on the one Secret (`kubectl patch` reads
# before it writes).
#
# Environment:
#   SECRET_NAME      the Secret, of type kubernetes.io/dockerconfigjson; it must exist
#   NAMESPACE        its namespace
#   ECR_KIND         ecr-private or ecr-public
#   REGISTRY_HOSTS   the registry hosts the token is stored for, separated by spaces:
#                    <account>.dkr.ecr.<region>.amazonaws.com or public.ecr.aws
#   AWS_REGION       the registry's region; ecr-public always logs in to us-east-1, whatever stands here
#   AWS credentials  AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from a Secret, or AWS_ROLE_ARN and
#                    AWS_WEB_IDENTITY_TOKEN_FILE, which EKS sets for a service account with a role (IRSA)
#   REFRESH_ATTEMPTS most tries of each step, 6 unless given
#   REFRESH_BACKOFF  seconds before the second try, 2 unless given; it doubles with each try, to 30 at most
#   TMPDIR           a writable directory, /tmp unless given; error messages go there, never the token
#
# Exit status: 0 refreshed, 1 failed, 2 the environment is incomplete. The last line says what happened and what to do.
# The token is never printed, never an argument of a process, and never in a file.

# A trace (`sh -x`) would print the token.
set +x
set -eu
umask 077

readonly REFRESHED_AT='nvcf-registry/refreshed-at'
readonly EXPIRES_AT='nvcf-registry/expires-at'

auth=''
data=''

# without TEXT SECRET: print TEXT with the secret blanked out.
without() {
    rest=$1
    clean=''
    while [ -n "$2" ] && [ "${rest#*"$2"}" != "$rest" ]; do
        clean="$clean${rest%%"$2"*}***"
        rest=${rest#*"$2"}
    done
    printf '%s' "$clean$rest"
}

# redact TEXT: print it without any secret, should an error message quote one.
redact() {
    text=$(without "$1" "$auth")
    text=$(without "$text" "$data")
    without "$text" "${AWS_SECRET_ACCESS_KEY:-}"
}

# fail STATUS CAUSE REMEDY
fail() {
    cause=$(redact "$2")
    printf 'pull secret %s/%s not refreshed: %s. %s.\n' "${NAMESPACE:-?}" "${SECRET_NAME:-?}" "${cause%[.?]}" "$3" >&2
    exit "$1"
}

# require NAME MEANING: the variable must be set and not empty.
require() {
    eval "value=\${$1:-}"
    # shellcheck disable=SC2154 # set by eval
    [ -n "$value" ] || fail 2 "the environment variable $1 is missing" "Set it to $2"
}

# number NAME VALUE: the value must be a whole number.
number() {
    case $2 in
        '' | *[!0-9]*) fail 2 "$1 is '$2', which is no whole number" 'Give a number such as 6' ;;
    esac
}

check_hosts() {
    for host in $REGISTRY_HOSTS; do
        # Hosts are written into JSON as they are.
        case $host in
            *[!A-Za-z0-9.:-]*)
                fail 2 "registry host '$host' is not a host name" 'Give the host alone, without scheme or path'
                ;;
            *.dkr.ecr."${AWS_REGION:-}".amazonaws.com) ;;
            *.dkr.ecr.*)
                fail 2 "registry host $host is not in region ${AWS_REGION:-}" 'Set AWS_REGION to the region in its name'
                ;;
        esac
    done
}

check_environment() {
    require SECRET_NAME "the pull secret's name"
    require NAMESPACE "the pull secret's namespace"
    require ECR_KIND 'ecr-private or ecr-public'
    require REGISTRY_HOSTS 'the registry hosts to store the token for'
    case $ECR_KIND in
        ecr-private) require AWS_REGION "the registry's region" ;;
        ecr-public) ;;
        *) fail 2 "ECR_KIND is '$ECR_KIND'" 'Set it to ecr-private or ecr-public' ;;
    esac
    number REFRESH_ATTEMPTS "$attempts"
    number REFRESH_BACKOFF "$backoff"
    [ "$attempts" -ge 1 ] || fail 2 'REFRESH_ATTEMPTS is 0' 'Allow at least one attempt'
    check_hosts
}

# last_line FILE: its last line that says something, without secrets, cut short.
last_line() {
    redact "$(grep '[^[:space:]]' "$1" | tail -n 1)" | cut -c 1-400
}

request_token() {
    case $ECR_KIND in
        ecr-private)
            aws ecr get-authorization-token --region "$AWS_REGION" --output text \
                --query 'authorizationData[0].[authorizationToken,expiresAt]' \
                --cli-connect-timeout 10 --cli-read-timeout 20
            ;;
        ecr-public)
            aws ecr-public get-authorization-token --region us-east-1 --output text \
                --query 'authorizationData.[authorizationToken,expiresAt]' \
                --cli-connect-timeout 10 --cli-read-timeout 20
            ;;
    esac
}

# The patch goes through a pipe: `printf` is part of the shell, so the token is in no process's arguments.
send_patch() {
    printf '%s' "$patch" | kubectl patch secret "$SECRET_NAME" --namespace "$NAMESPACE" \
        --type merge --patch-file /dev/stdin --request-timeout 30s
}

# A key, a role or an attached policy seconds old is refused until IAM has spread it; throttling and broken
# connections pass.
token_may_come() {
    case $1 in
        *UnrecognizedClientException* | *InvalidClientTokenId*) ;;
        *InvalidSignatureException* | *SignatureDoesNotMatch*) ;;
        *AssumeRoleWithWebIdentity* | *AccessDenied*) ;;
        *Throttling* | *TooManyRequests* | *'Rate exceeded'*) ;;
        *'Could not connect'* | *'timeout on endpoint'* | *'Connection was closed'* | *'Connection reset'*) ;;
        *ServerException* | *ServiceUnavailable* | *InternalFailure* | *InternalError* | *'(50'[0-9]')'*) ;;
        *) return 1 ;;
    esac
}

token_failed() {
    case $1 in
        *AssumeRoleWithWebIdentity*)
            fail 1 "AWS does not let this service account take the role: $1" \
                "Check that its trust policy names this service account and that IAM has the cluster's OIDC provider"
            ;;
        *UnrecognizedClientException* | *InvalidClientTokenId*)
            fail 1 "AWS does not know the access key: $1" \
                'It was deleted, made inactive, or is temporary; run pulumi up, which brings the current key'
            ;;
        *InvalidSignatureException* | *SignatureDoesNotMatch*)
            fail 1 "AWS refuses the access key's signature: $1" \
                "The secret is not this key's, or the node's clock is wrong; run pulumi up, then check the clock"
            ;;
        *AccessDenied*)
            fail 1 "AWS denies the login: $1" \
                "Check that the pull policy is attached, and that no boundary or organisation policy forbids it"
            ;;
        *'locate credentials'* | *NoCredentials* | *'Partial credentials'*)
            fail 1 'there are no AWS credentials in the pod' \
                'Check that the access key Secret has both entries, or that the service account names its role'
            ;;
        *Throttling* | *TooManyRequests* | *'Rate exceeded'*)
            fail 1 "AWS throttles: $1" 'The next scheduled run tries again; spread the schedules of many clusters'
            ;;
        *) fail 1 "no token from ECR: $1" "Check that the pod reaches the region's ECR endpoint" ;;
    esac
}

patch_may_pass() {
    case $1 in
        *refused* | *'i/o timeout'* | *'TLS handshake timeout'* | *'Client.Timeout'*) ;;
        *'no route to host'* | *'no such host'* | *'connection reset'* | *'EOF'*) ;;
        *TooManyRequests* | *ServiceUnavailable* | *InternalError* | *'try again'*) ;;
        *) return 1 ;;
    esac
}

patch_failed() {
    case $1 in
        *' is invalid: '*)
            fail 1 "the API server refuses the Secret: $1" \
                'It must be of type kubernetes.io/dockerconfigjson and not immutable; delete it and run pulumi up'
            ;;
        *'(Forbidden)'*)
            fail 1 "the API server forbids it: $1" \
                "Check that the service account's Role allows get and patch on this Secret; pulumi up restores it"
            ;;
        *'(NotFound)'*)
            fail 1 "the Secret or its namespace is gone: $1" 'Run pulumi refresh, then pulumi up, which makes it again'
            ;;
        *Unauthorized* | *'must be logged in'*)
            fail 1 "the API server does not accept the service account's token: $1" \
                'Check that the service account still exists and that the pod mounts its token'
            ;;
        *) fail 1 "the Secret could not be patched: $1" 'Check that the pod reaches the API server' ;;
    esac
}

# with_retries STEP MAY_PASS FAILED: run a step; its standard output is left in $answer.
with_retries() {
    attempt=1
    pause=$backoff
    while :; do
        if answer=$("$1" 2>"$errors"); then
            return 0
        fi
        reason=$(last_line "$errors")
        [ -n "$reason" ] || reason='the command failed without a message'
        if ! "$2" "$reason" || [ "$attempt" -ge "$attempts" ]; then
            "$3" "$reason"
        fi
        printf 'attempt %s of %s failed, the next follows in %s s: %s\n' \
            "$attempt" "$attempts" "$pause" "$reason" >&2
        sleep "$pause"
        attempt=$((attempt + 1))
        pause=$((pause * 2))
        [ "$pause" -le 30 ] || pause=30
    done
}

# rfc3339 TIME: AWS CLI 1 gives seconds since 1970, AWS CLI 2 a date with fractions.
rfc3339() {
    case $1 in
        '' | *[!0-9.]*) printf '%s' "$1" | sed -e 's/\.[0-9]*//' -e 's/+00:00$/Z/' ;;
        *) date -u -d "@${1%%.*}" '+%Y-%m-%dT%H:%M:%SZ' ;;
    esac
}

# read_token ANSWER: set $auth and $expires. ECR's token is already what a Docker configuration calls auth.
read_token() {
    tab=$(printf '\t')
    auth=${1%%"$tab"*}
    case $auth in
        # base64 of "AWS:", the user name of every ECR token
        QVdTO*) ;;
        *)
            auth=''
            fail 1 'the answer of ECR holds no token for the user AWS' 'Check what answers at AWS_ENDPOINT_URL'
            ;;
    esac
    case $auth in
        *[!A-Za-z0-9+/=]*) fail 1 'the token of ECR is not base64' 'Check what answers at AWS_ENDPOINT_URL' ;;
    esac
    expires=$(rfc3339 "${1##*"$tab"}")
    case $expires in
        *[!0-9TZ:+-]* | '')
            fail 1 "the token's time of expiry is not a time: $expires" "Check the AWS CLI's version in the image"
            ;;
    esac
}

build_patch() {
    auths=''
    for host in $REGISTRY_HOSTS; do
        auths="$auths${auths:+,}\"$host\":{\"auth\":\"$auth\"}"
    done
    data=$(printf '{"auths":{%s}}' "$auths" | base64 | tr -d '\n')
    now=$(date -u '+%Y-%m-%dT%H:%M:%SZ')
    # The type cannot be changed: naming it makes the API server refuse a Secret that no kubelet would use.
    patch=$(printf '{"type":"%s","metadata":{"annotations":{"%s":"%s","%s":"%s"}},"data":{".dockerconfigjson":"%s"}}' \
        kubernetes.io/dockerconfigjson "$REFRESHED_AT" "$now" "$EXPIRES_AT" "$expires" "$data")
}

attempts=${REFRESH_ATTEMPTS:-6}
backoff=${REFRESH_BACKOFF:-2}
check_environment

errors=$(mktemp "${TMPDIR:-/tmp}/refresh.XXXXXX") ||
    fail 2 "${TMPDIR:-/tmp} is not writable" 'Mount an emptyDir there and set HOME and TMPDIR to it'
trap 'rm -f "$errors"' EXIT
trap 'exit 1' HUP INT TERM

# Without this, a pod whose key is missing would quietly log in as the node it runs on.
export AWS_EC2_METADATA_DISABLED=true
# AWS CLI 2 would page its answer where there is a terminal.
export AWS_PAGER=''

with_retries request_token token_may_come token_failed
read_token "$answer"
build_patch
with_retries send_patch patch_may_pass patch_failed
printf 'pull secret %s/%s refreshed for %s, valid until %s\n' "$NAMESPACE" "$SECRET_NAME" "$REGISTRY_HOSTS" "$expires"
