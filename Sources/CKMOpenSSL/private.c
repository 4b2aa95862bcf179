/* Parses private keys: finds the format of a file and calls its reader (pkcs1.c, pkcs8.c, pkcs12.c). OpenSSL never asks
 * for a passphrase on a terminal, and it never decodes key material: der.c reads what OpenSSL decrypts. */
#include <limits.h>
#include <string.h>

#include <openssl/pem.h>

#include "internal.h"

static bool load_block(km_load *load, km_block *block, km_result *result) {
    km_form form = KM_PLAIN_CERTIFICATE;
    if (strcmp(block->name, PEM_STRING_PKCS8INF) == 0) {
        *result = km_load_pkcs8(load, block->data, (size_t)block->size);
    } else if (strcmp(block->name, PEM_STRING_PKCS8) == 0) {
        *result = km_load_encrypted_pkcs8(load, block->data, (size_t)block->size);
    } else if (strcmp(block->name, PEM_STRING_RSA) == 0) {
        *result = km_load_pkcs1_block(load, block);
    } else if (strstr(block->name, "PRIVATE KEY") != NULL) {
        *result = KM_NOT_RSA;
    } else {
        if (strcmp(block->name, PEM_STRING_PUBLIC) == 0 || strcmp(block->name, PEM_STRING_RSA_PUBLIC) == 0
            || km_is_certificate_label(block->name, &form)) {
            *result = KM_PUBLIC_KEY; /* unless a private key follows, as in a bundle of both */
        }
        return false;
    }
    return true;
}

/* Returns KM_PUBLIC_KEY for a public key or a certificate, valid or not. */
static km_result classify(const km_load *load, const uint8_t *der, size_t size) {
    char reason[KM_REASON_CAPACITY] = "";
    km_load other = {.maximum_bits = load->maximum_bits, .reason = reason};
    const km_result found = km_load_public_der(&other, der, size);
    km_rsa_free(other.key);
    switch (found) {
    case KM_FAILED:
    case KM_MISUSED: return found;
    case KM_MALFORMED:
    case KM_PRIVATE_KEY: return KM_MALFORMED;
    default: return KM_PUBLIC_KEY;
    }
}

static km_result load_der(km_load *load, const uint8_t *der, size_t size) {
    km_result result = km_load_pkcs8(load, der, size);
    if (result == KM_MALFORMED) result = km_load_pkcs1(load, der, size);
    if (result == KM_MALFORMED) result = km_load_pkcs12(load, der, size);
    if (result == KM_MALFORMED) result = km_load_encrypted_pkcs8(load, der, size);
    if (result == KM_MALFORMED) result = classify(load, der, size);
    return result;
}

bool km_is_private_der(const uint8_t *der, size_t size) {
    km_bytes integers[KM_COMPONENTS];
    char reason[KM_REASON_CAPACITY];
    if (km_read_pkcs1_private(der, size, integers, reason) != KM_MALFORMED) return true;
    const uint8_t *at = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)size);
    at = der;
    X509_SIG *encrypted = info == NULL ? d2i_X509_SIG(NULL, &at, (long)size) : NULL;
    const bool is_private = info != NULL || encrypted != NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    X509_SIG_free(encrypted);
    return is_private;
}

km_result km_rsa_parse_private(const uint8_t *bytes, size_t size, const uint8_t *passphrase, size_t passphrase_size,
                               const km_limits *limits, km_rsa **key, char *reason) {
    km_load load = {
        .maximum_bits = limits->maximum_bits,
        .rounds = limits->rounds,
        .unasked_rounds = limits->unasked_rounds,
        .passphrase = (const char *)passphrase,
        .passphrase_size = (int)passphrase_size,
        .reason = reason,
    };
    *key = NULL;
    reason[0] = '\0';
    km_clear();
    if (size > INT_MAX || passphrase_size > INT_MAX) return KM_MISUSED;
    if (size == 0) return KM_MALFORMED;
    const km_result result = km_is_der(bytes, size) ? load_der(&load, bytes, size)
                                                    : km_load_pem(&load, bytes, size, load_block);
    /* OpenSSL's reasons describe the encoding. They add nothing to a missing or wrong passphrase. */
    if (result == KM_OK || result == KM_PASSPHRASE_WRONG || result == KM_PASSPHRASE_MISSING) reason[0] = '\0';
    km_clear();
    *key = load.key;
    return result;
}
