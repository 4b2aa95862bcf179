/* For timegm. */
#define _DEFAULT_SOURCE 1
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "internal.h"

#define SERIAL_SIZE 16

struct km_certificate {
    X509 *x509;
};

static km_certificate *adopt(X509 *x509) {
    km_certificate *certificate = x509 == NULL ? NULL : OPENSSL_zalloc(sizeof *certificate);
    if (certificate == NULL) {
        X509_free(x509);
        km_clear();
        return NULL;
    }
    certificate->x509 = x509;
    return certificate;
}

int km_is_certificate_label(const char *name) {
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0
        || strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

km_status km_x509_parse(const uint8_t *der, size_t size, int trailing, X509 **x509, km_rsa **key, char *reason) {
    km_integer integers[KM_RSA_PUBLIC_COMPONENTS];
    size_t used = 0;
    *x509 = NULL;
    km_status status = km_read_certificate(der, size, &used, integers, reason);
    if (status == KM_DONE && used != size && !trailing) status = KM_MALFORMED;
    if (status == KM_DONE) status = km_rsa_from_components(integers, KM_RSA_PUBLIC_COMPONENTS, key, reason);
    if (status != KM_DONE) return status;
    /* d2i_X509 also decodes the key. The checks above make sure that this takes little work. */
    const uint8_t *at = der;
    *x509 = d2i_X509(NULL, &at, (long)used);
    if (*x509 != NULL && at == der + used) return KM_DONE;
    X509_free(*x509);
    *x509 = NULL;
    km_rsa_free(*key);
    *key = NULL;
    return km_failure(KM_MALFORMED, reason);
}

static km_status parse_pem(const uint8_t *bytes, size_t size, X509 **x509, km_rsa **key, char *reason) {
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    if (bio == NULL) return KM_FAILED;
    km_status status = KM_MALFORMED;
    for (int done = 0; !done;) {
        char *name = NULL, *header = NULL;
        uint8_t *data = NULL;
        long length = 0;
        if (PEM_read_bio_ex(bio, &name, &header, &data, &length, KM_PEM_FLAGS) != 1) {
            status = km_failure(status, reason);
            break;
        }
        done = km_is_certificate_label(name);
        if (done) {
            const int trailing = strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
            status = km_x509_parse(data, (size_t)length, trailing, x509, key, reason);
        }
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, (size_t)length);
    }
    BIO_free(bio);
    return status;
}

km_status km_certificate_parse(const uint8_t *bytes, size_t size, km_certificate **certificate, char *reason) {
    X509 *x509 = NULL;
    km_rsa *key = NULL;
    *certificate = NULL;
    reason[0] = '\0';
    ERR_clear_error();
    if (size > KM_INPUT_MAXIMUM) return KM_TOO_LARGE;
    if (size == 0) return KM_MALFORMED;
    const km_status status = km_is_der(bytes, size) ? km_x509_parse(bytes, size, 0, &x509, &key, reason)
                                                    : parse_pem(bytes, size, &x509, &key, reason);
    km_clear();
    km_rsa_free(key);
    if (status != KM_DONE) return status;
    *certificate = adopt(x509);
    return *certificate != NULL ? KM_DONE : KM_FAILED;
}

void km_certificate_free(km_certificate *certificate) {
    if (certificate == NULL) return;
    X509_free(certificate->x509);
    OPENSSL_free(certificate);
}

static int seconds(const ASN1_TIME *time, int64_t *out) {
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    *out = (int64_t)timegm(&parts);
    return 1;
}

int km_certificate_validity(const km_certificate *certificate, int64_t *not_before, int64_t *not_after) {
    const int done = seconds(X509_get0_notBefore(certificate->x509), not_before)
        && seconds(X509_get0_notAfter(certificate->x509), not_after);
    km_clear();
    return done;
}

uint8_t *km_certificate_copy_subject(const km_certificate *certificate, size_t *size) {
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t *bytes = NULL;
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(certificate->x509), 0, flags) >= 0) {
        bytes = km_adopt_bio(bio, size);
    }
    BIO_free(bio);
    km_clear();
    return bytes;
}

uint8_t *km_certificate_copy_serial(const km_certificate *certificate, size_t *size) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate->x509), NULL);
    uint8_t *bytes = NULL;
    if (number != NULL) {
        const int length = BN_num_bytes(number);
        bytes = km_secret_allocate((size_t)length);
        if (bytes != NULL) {
            BN_bn2bin(number, bytes);
            *size = (size_t)length;
        }
    }
    BN_free(number);
    km_clear();
    return bytes;
}

uint8_t *km_certificate_export(const km_certificate *certificate, int pem, size_t *size) {
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t *bytes = NULL;
    if (bio != NULL
        && (pem ? PEM_write_bio_X509(bio, certificate->x509) : i2d_X509_bio(bio, certificate->x509)) == 1) {
        bytes = km_adopt_bio(bio, size);
    }
    BIO_free(bio);
    km_clear();
    return bytes;
}

km_status km_certificate_copy_public_key(const km_certificate *certificate, km_rsa **key, char *reason) {
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate->x509);
    km_integer integers[KM_RSA_PUBLIC_COMPONENTS];
    *key = NULL;
    reason[0] = '\0';
    /* km_x509_parse has already checked that this is an RSA key. */
    if (bits == NULL) return KM_FAILED;
    const km_status status = km_read_pkcs1_public(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), integers,
                                                  reason);
    return status == KM_DONE ? km_rsa_from_components(integers, KM_RSA_PUBLIC_COMPONENTS, key, reason) : status;
}

static int add_extension(X509 *x509, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const int done = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static int set_serial(X509 *x509) {
    uint8_t bytes[SERIAL_SIZE];
    if (RAND_bytes(bytes, SERIAL_SIZE) != 1) return 0;
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40); /* positive, and always the same length */
    BIGNUM *number = BN_bin2bn(bytes, SERIAL_SIZE, NULL);
    const int done = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return done;
}

static int set_name(X509 *x509, const char *common_name) {
    X509_NAME *name = X509_NAME_new();
    const int done = name != NULL
        && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0) == 1
        && X509_set_subject_name(x509, name) == 1 && X509_set_issuer_name(x509, name) == 1;
    X509_NAME_free(name);
    return done;
}

km_certificate *km_certificate_self_sign(const km_rsa *pair, const char *common_name, int64_t not_before,
                                         int64_t not_after, char *reason) {
    reason[0] = '\0';
    ERR_clear_error();
    X509 *x509 = pair->is_private ? X509_new() : NULL;
    const EVP_MD *md = km_md(KM_SHA256);
    const int done = x509 != NULL && md != NULL
        && X509_set_version(x509, X509_VERSION_3) == 1
        && set_serial(x509) && set_name(x509, common_name)
        && ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)not_before) != NULL
        && ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)not_after) != NULL
        && X509_set_pubkey(x509, pair->pkey) == 1
        && add_extension(x509, NID_basic_constraints, "critical,CA:FALSE")
        && add_extension(x509, NID_key_usage, "critical,keyEncipherment")
        && add_extension(x509, NID_subject_key_identifier, "hash")
        && X509_sign(x509, pair->pkey, md) > 0;
    if (!done) {
        X509_free(x509);
        x509 = NULL;
    }
    (void)km_clear_with_reason(reason);
    return adopt(x509);
}
