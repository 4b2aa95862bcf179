/* Parses public keys: SubjectPublicKeyInfo, PKCS#1 and the keys of certificates, in PEM and DER. */
#include <limits.h>
#include <string.h>

#include <openssl/pem.h>

#include "internal.h"

static km_result load_spki(km_load *load, const uint8_t *der, size_t size) {
    km_bytes integers[KM_PUBLIC_COMPONENTS];
    const km_result result = km_read_spki(der, size, integers, load->reason);
    return result == KM_OK ? km_load_components(load, integers, KM_PUBLIC_COMPONENTS) : result;
}

static km_result load_pkcs1(km_load *load, const uint8_t *der, size_t size) {
    km_bytes integers[KM_PUBLIC_COMPONENTS];
    const km_result result = km_read_pkcs1_public(der, size, integers, load->reason);
    return result == KM_OK ? km_load_components(load, integers, KM_PUBLIC_COMPONENTS) : result;
}

static km_result load_key_of_certificate(km_load *load, const uint8_t *der, size_t size, km_form form) {
    const km_result result = km_load_certificate(load, der, size, form);
    X509_free(load->x509);
    load->x509 = NULL;
    return result;
}

static bool load_block(km_load *load, km_block *block, km_result *result) {
    const size_t size = (size_t)block->size;
    km_form form = KM_PLAIN_CERTIFICATE;
    if (strcmp(block->name, PEM_STRING_PUBLIC) == 0) {
        *result = load_spki(load, block->data, size);
    } else if (strcmp(block->name, PEM_STRING_RSA_PUBLIC) == 0) {
        *result = load_pkcs1(load, block->data, size);
    } else if (km_is_certificate_label(block->name, &form)) {
        *result = load_key_of_certificate(load, block->data, size, form);
    } else if (strstr(block->name, "PRIVATE KEY") != NULL) {
        *result = KM_PRIVATE_KEY;
    } else {
        return false;
    }
    return true;
}

km_result km_load_public_der(km_load *load, const uint8_t *der, size_t size) {
    km_result result = load_spki(load, der, size);
    if (result == KM_MALFORMED) result = load_key_of_certificate(load, der, size, KM_PLAIN_CERTIFICATE);
    if (result == KM_MALFORMED) result = load_pkcs1(load, der, size);
    return result == KM_MALFORMED && km_is_private_der(der, size) ? KM_PRIVATE_KEY : result;
}

km_result km_rsa_parse_public(const uint8_t *bytes, size_t size, size_t maximum_bits, km_rsa **key, char *reason) {
    km_load load = {.maximum_bits = maximum_bits, .reason = reason};
    *key = NULL;
    reason[0] = '\0';
    km_clear();
    if (size > INT_MAX) return KM_MISUSED;
    if (size == 0) return KM_MALFORMED;
    const km_result result = km_is_der(bytes, size) ? km_load_public_der(&load, bytes, size)
                                                    : km_load_pem(&load, bytes, size, load_block);
    km_clear();
    *key = load.key;
    return result;
}
