/* Reads X.509 certificates. selfsigned.c creates them. */
/* For timegm. */
#define _DEFAULT_SOURCE 1
#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>

#include "internal.h"

km_certificate *km_certificate_adopt(X509 *x509) {
    km_certificate *certificate = x509 == NULL ? NULL : OPENSSL_zalloc(sizeof *certificate);
    if (certificate == NULL) {
        X509_free(x509);
        return NULL;
    }
    certificate->x509 = x509;
    return certificate;
}

void km_certificate_free(km_certificate *certificate) {
    if (certificate == NULL) return;
    X509_free(certificate->x509);
    OPENSSL_free(certificate);
}

bool km_is_certificate_label(const char *name, km_form *form) {
    const bool is_trusted = strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
    *form = is_trusted ? KM_TRUSTED_CERTIFICATE : KM_PLAIN_CERTIFICATE;
    return is_trusted || strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0;
}

km_result km_load_certificate(km_load *load, const uint8_t *der, size_t size, km_form form) {
    km_bytes integers[KM_PUBLIC_COMPONENTS];
    size_t used = 0;
    km_result result = km_read_certificate(der, size, &used, integers, load->reason);
    if (result == KM_OK && used != size && form != KM_TRUSTED_CERTIFICATE) result = KM_MALFORMED;
    if (result == KM_OK) result = km_load_components(load, integers, KM_PUBLIC_COMPONENTS);
    if (result != KM_OK) return result;
    /* d2i_X509 also decodes the key. The checks above make sure that this takes little work. */
    const uint8_t *at = der;
    load->x509 = d2i_X509(NULL, &at, (long)used);
    if (load->x509 != NULL && at == der + used) return KM_OK;
    X509_free(load->x509);
    load->x509 = NULL;
    km_rsa_free(load->key);
    load->key = NULL;
    return km_failure(KM_MALFORMED, load->reason);
}

static bool load_block(km_load *load, km_block *block, km_result *result) {
    km_form form = KM_PLAIN_CERTIFICATE;
    if (!km_is_certificate_label(block->name, &form)) return false;
    *result = km_load_certificate(load, block->data, (size_t)block->size, form);
    return true;
}

km_result km_certificate_parse(const uint8_t *bytes, size_t size, size_t maximum_bits, km_certificate **certificate,
                               km_rsa **key, char *reason) {
    km_load load = {.maximum_bits = maximum_bits, .reason = reason};
    *certificate = NULL;
    *key = NULL;
    reason[0] = '\0';
    km_clear();
    if (size > INT_MAX) return KM_MISUSED;
    if (size == 0) return KM_MALFORMED;
    km_result result = km_is_der(bytes, size) ? km_load_certificate(&load, bytes, size, KM_PLAIN_CERTIFICATE)
                                              : km_load_pem(&load, bytes, size, load_block);
    if (result == KM_OK) {
        *certificate = km_certificate_adopt(load.x509);
        if (*certificate == NULL) result = KM_FAILED;
    }
    if (result == KM_OK) *key = load.key;
    else km_rsa_free(load.key);
    km_clear();
    return result;
}

static bool read_time(const ASN1_TIME *time, int64_t *seconds) {
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1) return false;
    *seconds = (int64_t)timegm(&parts);
    return true;
}

km_result km_certificate_validity(const km_certificate *certificate, int64_t *not_before, int64_t *not_after) {
    const bool is_readable = read_time(X509_get0_notBefore(certificate->x509), not_before)
        && read_time(X509_get0_notAfter(certificate->x509), not_after);
    km_clear();
    return is_readable ? KM_OK : KM_MALFORMED;
}

km_result km_certificate_copy_subject(const km_certificate *certificate, km_buffer *out) {
    BIO *bio = BIO_new(BIO_s_mem());
    km_result result = KM_FAILED;
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    *out = (km_buffer){NULL, 0};
    if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(certificate->x509), 0, flags) >= 0) {
        result = km_copy_bio(bio, out);
    }
    BIO_vfree(bio);
    km_clear();
    return result;
}

km_result km_certificate_copy_serial(const km_certificate *certificate, km_buffer *out) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate->x509), NULL);
    km_result result = KM_FAILED;
    *out = (km_buffer){NULL, 0};
    if (number != NULL) result = km_copy_number(number, out);
    BN_free(number);
    km_clear();
    return result;
}

km_result km_certificate_copy_name(const km_certificate *certificate, km_name name, km_buffer *out) {
    uint8_t *der = NULL;
    int size = 0;
    *out = (km_buffer){NULL, 0};
    switch (name) {
    case KM_SUBJECT: size = i2d_X509_NAME(X509_get_subject_name(certificate->x509), &der); break;
    case KM_ISSUER: size = i2d_X509_NAME(X509_get_issuer_name(certificate->x509), &der); break;
    case KM_SERIAL_NUMBER: size = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate->x509), &der); break;
    }
    const km_result result = size > 0 ? km_copy_bytes(der, (size_t)size, out) : KM_FAILED;
    OPENSSL_free(der);
    km_clear();
    return result;
}

km_result km_certificate_export(const km_certificate *certificate, km_encoding encoding, km_buffer *out) {
    BIO *bio = BIO_new(BIO_s_mem());
    km_result result = KM_FAILED;
    *out = (km_buffer){NULL, 0};
    if (bio != NULL
        && (encoding == KM_PEM ? PEM_write_bio_X509(bio, certificate->x509)
                               : i2d_X509_bio(bio, certificate->x509)) == 1) {
        result = km_copy_bio(bio, out);
    }
    BIO_vfree(bio);
    km_clear();
    return result;
}
