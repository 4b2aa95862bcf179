/* Reads DER (X.690 section 10), for the few structures that hold key material. OpenSSL's decoders compute with the key
 * that they read, and a hostile file can make this take very long. This reader computes nothing. It is strict: lengths
 * must be definite, and lengths and integers must have their shortest encoding. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define SEQUENCE 0x30
#define INTEGER 0x02
#define BIT_STRING 0x03
#define IDENTIFIER 0x06
#define NULL_VALUE 0x05
#define VERSION 0xa0 /* [0], constructed */

/* 1.2.840.113549.1.1.1 */
static const uint8_t rsa_encryption[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const char *const names[KM_COMPONENTS] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};

static bool starts_with(km_bytes from, uint8_t tag) { return from.size > 0 && from.bytes[0] == tag; }

/* Removes the first element from `from` and sets *content to its content. Returns false when its tag is not `tag`, or when
 * its length is invalid. */
static bool take(km_bytes *from, uint8_t tag, km_bytes *content) {
    if (from->size < 2 || from->bytes[0] != tag) return false;
    size_t at = 2, length = from->bytes[1];
    if (length >= 0x80) {
        const size_t count = length & 0x7f;
        if (count < 1 || count > 4 || from->size - at < count || from->bytes[at] == 0) return false;
        for (length = 0; at < 2 + count; at++) length = length << 8 | from->bytes[at];
        if (length < 0x80) return false;
    }
    if (from->size - at < length) return false;
    *content = (km_bytes){from->bytes + at, length};
    *from = (km_bytes){from->bytes + at + length, from->size - at - length};
    return true;
}

/* Sets *content to the content of a SEQUENCE. Returns false unless `bytes` are exactly one SEQUENCE. */
static bool only_sequence(const uint8_t *bytes, size_t size, km_bytes *content) {
    km_bytes rest = {bytes, size};
    return take(&rest, SEQUENCE, content) && rest.size == 0;
}

/* Removes `count` INTEGERs from `from` and sets `integers` to their encoded contents. */
static bool take_integers(km_bytes *from, km_bytes *integers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!take(from, INTEGER, &integers[i]) || integers[i].size == 0) return false;
    }
    return true;
}

km_result km_invalid_integer(size_t index, const char *fault, char *reason) {
    (void)snprintf(reason, KM_REASON_CAPACITY, "%s %s", names[index], fault);
    return KM_INVALID_INTEGER;
}

static km_result check_integers(const km_bytes *integers, size_t count, char *reason) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *bytes = integers[i].bytes;
        if (bytes[0] >= 0x80) return km_invalid_integer(i, "is negative", reason);
        if (integers[i].size > 1 && bytes[0] == 0 && bytes[1] < 0x80) {
            return km_invalid_integer(i, "begins with zeros that DER does not allow", reason);
        }
    }
    return KM_OK;
}

km_result km_read_pkcs1_public(const uint8_t *der, size_t size, km_bytes *integers, char *reason) {
    km_bytes content;
    if (!only_sequence(der, size, &content) || !take_integers(&content, integers, KM_PUBLIC_COMPONENTS)
        || content.size != 0) return KM_MALFORMED;
    return check_integers(integers, KM_PUBLIC_COMPONENTS, reason);
}

km_result km_read_pkcs1_private(const uint8_t *der, size_t size, km_bytes *integers, char *reason) {
    km_bytes content, version;
    if (!only_sequence(der, size, &content) || !take_integers(&content, &version, 1) || version.size != 1
        || !take_integers(&content, integers, KM_COMPONENTS)) return KM_MALFORMED;
    if (version.bytes[0] == 1) return KM_MORE_PRIMES;
    if (version.bytes[0] != 0 || content.size != 0) return KM_MALFORMED;
    return check_integers(integers, KM_COMPONENTS, reason);
}

/* Reads the content of a SubjectPublicKeyInfo. */
static km_result read_key_info(km_bytes content, km_bytes *integers, char *reason) {
    km_bytes algorithm, identifier, bits, parameters = {NULL, 0};
    if (!take(&content, SEQUENCE, &algorithm) || !take(&algorithm, IDENTIFIER, &identifier)
        || !take(&content, BIT_STRING, &bits) || content.size != 0) return KM_MALFORMED;
    if (identifier.size != sizeof rsa_encryption
        || memcmp(identifier.bytes, rsa_encryption, sizeof rsa_encryption) != 0) return KM_NOT_RSA;
    /* The parameters are NULL. Some old encoders left them out. */
    if (algorithm.size > 0
        && (!take(&algorithm, NULL_VALUE, &parameters) || parameters.size != 0 || algorithm.size != 0)) return KM_MALFORMED;
    if (bits.size < 1 || bits.bytes[0] != 0) return KM_MALFORMED;
    return km_read_pkcs1_public(bits.bytes + 1, bits.size - 1, integers, reason);
}

km_result km_read_spki(const uint8_t *der, size_t size, km_bytes *integers, char *reason) {
    km_bytes content;
    return only_sequence(der, size, &content) ? read_key_info(content, integers, reason) : KM_MALFORMED;
}

km_result km_read_certificate(const uint8_t *der, size_t size, size_t *used, km_bytes *integers, char *reason) {
    km_bytes rest = {der, size}, certificate, body, skipped, key;
    if (!take(&rest, SEQUENCE, &certificate) || !take(&certificate, SEQUENCE, &body)) return KM_MALFORMED;
    if (starts_with(body, VERSION) && !take(&body, VERSION, &skipped)) return KM_MALFORMED;
    if (!take(&body, INTEGER, &skipped)       /* the serial number */
        || !take(&body, SEQUENCE, &skipped)   /* the signature's algorithm */
        || !take(&body, SEQUENCE, &skipped)   /* the issuer */
        || !take(&body, SEQUENCE, &skipped)   /* the validity */
        || !take(&body, SEQUENCE, &skipped)   /* the subject */
        || !take(&body, SEQUENCE, &key)) return KM_MALFORMED;
    *used = size - rest.size;
    return read_key_info(key, integers, reason);
}
