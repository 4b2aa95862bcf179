/* Creates self-signed certificates. */
#include <limits.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "internal.h"

#define SERIAL_SIZE 16

static bool add_extension(X509 *x509, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const bool done = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static bool set_serial(X509 *x509) {
    uint8_t bytes[SERIAL_SIZE];
    if (RAND_bytes(bytes, SERIAL_SIZE) != 1) return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40); /* positive, and always the same length */
    BIGNUM *number = BN_bin2bn(bytes, SERIAL_SIZE, NULL);
    const bool done = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return done;
}

static bool set_name(X509 *x509, const char *common_name) {
    X509_NAME *name = X509_NAME_new();
    const bool done = name != NULL
        && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0) == 1
        && X509_set_subject_name(x509, name) == 1 && X509_set_issuer_name(x509, name) == 1;
    X509_NAME_free(name);
    return done;
}

/* Sets everything but the signature and its algorithm. */
static bool set_contents(X509 *x509, const km_rsa *key, const char *common_name, int64_t not_before,
                         int64_t not_after) {
    return X509_set_version(x509, X509_VERSION_3) == 1
        && set_serial(x509) && set_name(x509, common_name)
        && ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)not_before) != NULL
        && ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)not_after) != NULL
        && X509_set_pubkey(x509, key->pkey) == 1
        && add_extension(x509, NID_basic_constraints, "critical,CA:FALSE")
        && add_extension(x509, NID_key_usage, "critical,keyEncipherment")
        && add_extension(x509, NID_subject_key_identifier, "hash");
}

km_result km_certificate_self_sign(const km_rsa *pair, const char *common_name, int64_t not_before, int64_t not_after,
                                   km_certificate **certificate, char *reason) {
    *certificate = NULL;
    reason[0] = '\0';
    if (!pair->is_private) return KM_MISUSED;
    km_clear();
    X509 *x509 = X509_new();
    const EVP_MD *md = km_md(KM_SHA256);
    const bool done = x509 != NULL && md != NULL && set_contents(x509, pair, common_name, not_before, not_after)
        && X509_sign(x509, pair->pkey, md) > 0;
    if (done) *certificate = km_certificate_adopt(x509);
    else X509_free(x509);
    (void)km_clear_with_reason(reason); /* the result is KM_FAILED whether or not memory was short */
    return *certificate != NULL ? KM_OK : KM_FAILED;
}

km_result km_certificate_prepare(const km_rsa *key, const char *common_name, int64_t not_before, int64_t not_after,
                                 km_buffer *to_be_signed, char *reason) {
    uint8_t *der = NULL;
    int size = 0;
    *to_be_signed = (km_buffer){NULL, 0};
    reason[0] = '\0';
    km_clear();
    X509 *x509 = X509_new();
    if (x509 != NULL && set_contents(x509, key, common_name, not_before, not_after)) {
        /* OpenSSL sets the algorithm only when it signs. The pointer is constant, but belongs to this certificate. */
        X509_ALGOR *algorithm = (X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x509);
        if (X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL, NULL) == 1) {
            size = i2d_re_X509_tbs(x509, &der);
        }
    }
    const km_result result = size > 0 ? km_copy_bytes(der, (size_t)size, to_be_signed) : KM_FAILED;
    OPENSSL_free(der);
    X509_free(x509);
    (void)km_clear_with_reason(reason); /* the result is KM_FAILED whether or not memory was short */
    return result;
}

km_result km_certificate_assemble(km_bytes to_be_signed, km_bytes signature, km_buffer *der) {
    *der = (km_buffer){NULL, 0};
    if (to_be_signed.size > INT_MAX / 2 || signature.size > INT_MAX / 2 || signature.size == 0) return KM_MISUSED;
    const int string_size = (int)signature.size + 1; /* a bit string begins with the number of its unused bits, 0 */
    uint8_t *algorithm = NULL;
    X509_ALGOR *value = X509_ALGOR_new();
    int algorithm_size = 0;
    if (value != NULL && X509_ALGOR_set0(value, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL, NULL) == 1) {
        algorithm_size = i2d_X509_ALGOR(value, &algorithm);
    }
    X509_ALGOR_free(value);
    km_result result = KM_FAILED;
    if (algorithm_size > 0) {
        const int content = (int)to_be_signed.size + algorithm_size + ASN1_object_size(0, string_size, V_ASN1_BIT_STRING);
        const int size = ASN1_object_size(1, content, V_ASN1_SEQUENCE);
        result = km_secret_allocate((size_t)size, &der->bytes);
        if (result == KM_OK) {
            uint8_t *at = der->bytes;
            der->size = (size_t)size;
            ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
            memcpy(at, to_be_signed.bytes, to_be_signed.size);
            at += to_be_signed.size;
            memcpy(at, algorithm, (size_t)algorithm_size);
            at += algorithm_size;
            ASN1_put_object(&at, 0, string_size, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
            *at++ = 0;
            memcpy(at, signature.bytes, signature.size);
        }
    }
    OPENSSL_free(algorithm);
    km_clear();
    return result;
}

km_result km_certificate_verify(const km_certificate *certificate, const km_rsa *key) {
    const bool is_valid = X509_verify(certificate->x509, key->pkey) == 1;
    km_clear();
    return is_valid ? KM_OK : KM_NOT_AUTHENTIC;
}
