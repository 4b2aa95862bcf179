/* Parses private keys in PKCS#8 and PKCS#1, in PEM and DER. pkcs12.c parses PKCS#12. OpenSSL never asks for a
 * passphrase on a terminal, and it never decodes key material: der.c reads what OpenSSL decrypts. */
#include <limits.h>
#include <string.h>

#include <openssl/pem.h>

#include "internal.h"

/* The limit for all parts of a file together, some seconds of work. Real files use 2048 to about a million rounds. */
#define MAXIMUM_ROUNDS 10000000

km_status km_decryption_failure(void) {
    km_status status = KM_PASSPHRASE_WRONG;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        const int reason = ERR_GET_REASON(code);
        if (reason == ERR_R_MALLOC_FAILURE) status = KM_FAILED;
        if (status == KM_FAILED) continue;
        if (reason == ERR_R_UNSUPPORTED || (ERR_GET_LIB(code) == ERR_LIB_EVP
            && (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER
                || reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNKNOWN_PBE_ALGORITHM))) {
            status = KM_NEEDS_LEGACY;
        }
    }
    return status;
}

static km_status load_pkcs1(km_load *load, const uint8_t *der, size_t size) {
    km_integer integers[KM_RSA_COMPONENTS];
    const km_status status = km_read_pkcs1_private(der, size, integers, load->reason);
    if (status != KM_DONE) return status;
    return km_rsa_from_components(integers, KM_RSA_COMPONENTS, &load->key, load->reason);
}

km_status km_load_info(km_load *load, const PKCS8_PRIV_KEY_INFO *info) {
    const ASN1_OBJECT *algorithm = NULL;
    const uint8_t *der = NULL;
    int size = 0;
    if (PKCS8_pkey_get0(&algorithm, &der, &size, NULL, info) != 1 || size < 0) return km_failure(KM_MALFORMED, load->reason);
    if (OBJ_obj2nid(algorithm) != NID_rsaEncryption) return km_failure(KM_NOT_RSA, load->reason);
    return load_pkcs1(load, der, (size_t)size);
}

km_status km_load_encrypted(km_load *load, const X509_SIG *encrypted) {
    const X509_ALGOR *algorithm = NULL;
    X509_SIG_get0(encrypted, &algorithm, NULL);
    if (!km_afford_algorithm(&load->rounds, algorithm)) return KM_TOO_COSTLY;
    if (load->passphrase == NULL) return KM_PASSPHRASE_MISSING;
    ERR_clear_error();
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(encrypted, load->passphrase, load->passphrase_size);
    if (info == NULL) return km_decryption_failure();
    const km_status status = km_load_info(load, info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return status;
}

static km_status load_pkcs8(km_load *load, const uint8_t *der, size_t size) {
    const uint8_t *at = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)size);
    if (info == NULL) return km_failure(KM_MALFORMED, load->reason);
    const km_status status = at == der + size ? km_load_info(load, info) : KM_MALFORMED;
    PKCS8_PRIV_KEY_INFO_free(info);
    return status;
}

static km_status load_encrypted_pkcs8(km_load *load, const uint8_t *der, size_t size) {
    const uint8_t *at = der;
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at, (long)size);
    if (encrypted == NULL) return km_failure(KM_MALFORMED, load->reason);
    const km_status status = at == der + size ? km_load_encrypted(load, encrypted) : KM_MALFORMED;
    X509_SIG_free(encrypted);
    return status;
}

static int give_passphrase(char *buffer, int capacity, int writing, void *context) {
    const km_load *load = context;
    (void)writing;
    if (load->passphrase == NULL || load->passphrase_size > capacity) return -1;
    if (load->passphrase_size > 0) memcpy(buffer, load->passphrase, (size_t)load->passphrase_size);
    return load->passphrase_size;
}

/* PKCS#1 in PEM may be encrypted as the header of the block says (RFC 1421). The key derivation is one round of MD5. */
static km_status load_pkcs1_block(km_load *load, char *header, uint8_t *data, long length) {
    EVP_CIPHER_INFO cipher;
    ERR_clear_error();
    if (PEM_get_EVP_CIPHER_INFO(header, &cipher) != 1) {
        const int is_unsupported = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_UNSUPPORTED_ENCRYPTION;
        return km_failure(is_unsupported ? KM_NEEDS_LEGACY : KM_MALFORMED, load->reason);
    }
    if (cipher.cipher != NULL && load->passphrase == NULL) return KM_PASSPHRASE_MISSING;
    if (PEM_do_header(&cipher, data, &length, give_passphrase, load) != 1) return km_decryption_failure();
    const km_status status = load_pkcs1(load, data, (size_t)length);
    /* With a wrong passphrase, the padding is valid about once in 256 times. */
    return status == KM_MALFORMED && cipher.cipher != NULL ? KM_PASSPHRASE_WRONG : status;
}

/* Returns 1 when the PEM block `name` is a private key, and sets *status. */
static int load_block(km_load *load, const char *name, char *header, uint8_t *data, long length, km_status *status) {
    if (strcmp(name, PEM_STRING_PKCS8INF) == 0) {
        *status = load_pkcs8(load, data, (size_t)length);
    } else if (strcmp(name, PEM_STRING_PKCS8) == 0) {
        *status = load_encrypted_pkcs8(load, data, (size_t)length);
    } else if (strcmp(name, PEM_STRING_RSA) == 0) {
        *status = load_pkcs1_block(load, header, data, length);
    } else if (strstr(name, "PRIVATE KEY") != NULL) {
        *status = KM_NOT_RSA;
    } else {
        return 0;
    }
    return 1;
}

static km_status load_pem(km_load *load, const uint8_t *bytes, size_t size) {
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    if (bio == NULL) return KM_FAILED;
    km_status status = KM_MALFORMED;
    for (int done = 0; !done;) {
        char *name = NULL, *header = NULL;
        uint8_t *data = NULL;
        long length = 0;
        if (PEM_read_bio_ex(bio, &name, &header, &data, &length, KM_PEM_FLAGS) != 1) {
            status = km_failure(status, load->reason);
            break;
        }
        const size_t allocated = (size_t)length;
        done = load_block(load, name, header, data, length, &status);
        if (!done && (strcmp(name, PEM_STRING_PUBLIC) == 0 || strcmp(name, PEM_STRING_RSA_PUBLIC) == 0
                      || km_is_certificate_label(name))) {
            status = KM_PUBLIC_KEY; /* unless a private key follows, as in a bundle of both */
        }
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, allocated);
    }
    BIO_free(bio);
    return status;
}

static km_status load_der(km_load *load, const uint8_t *bytes, size_t size) {
    km_status status = load_pkcs8(load, bytes, size);
    if (status == KM_MALFORMED) status = load_pkcs1(load, bytes, size);
    if (status == KM_MALFORMED) status = km_load_pkcs12(load, bytes, size);
    if (status == KM_MALFORMED) status = load_encrypted_pkcs8(load, bytes, size);
    if (status == KM_MALFORMED) {
        km_rsa *public_key = NULL;
        char reason[KM_REASON_CAPACITY];
        const km_status found = km_rsa_parse_public(bytes, size, &public_key, reason);
        km_rsa_free(public_key);
        /* Every status but these three means a public key or a certificate, valid or not. */
        if (found == KM_FAILED) status = KM_FAILED;
        else if (found != KM_MALFORMED && found != KM_PRIVATE_KEY) status = KM_PUBLIC_KEY;
    }
    return status;
}

int km_is_private_der(const uint8_t *der, size_t size) {
    km_integer integers[KM_RSA_COMPONENTS];
    char reason[KM_REASON_CAPACITY];
    if (km_read_pkcs1_private(der, size, integers, reason) != KM_MALFORMED) return 1;
    const uint8_t *at = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)size);
    at = der;
    X509_SIG *encrypted = info == NULL ? d2i_X509_SIG(NULL, &at, (long)size) : NULL;
    const int is_private = info != NULL || encrypted != NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    X509_SIG_free(encrypted);
    return is_private;
}

km_status km_rsa_parse_private(const uint8_t *bytes, size_t size, const uint8_t *passphrase, size_t passphrase_size,
                               km_rsa **key, char *reason) {
    km_load load = {(const char *)passphrase, (int)passphrase_size, MAXIMUM_ROUNDS, NULL, reason};
    *key = NULL;
    reason[0] = '\0';
    ERR_clear_error();
    if (size > KM_INPUT_MAXIMUM) return KM_TOO_LARGE;
    if (passphrase_size > KM_PASSPHRASE_MAXIMUM) return KM_PASSPHRASE_TOO_LONG;
    if (size == 0) return KM_MALFORMED;
    const km_status status = km_is_der(bytes, size) ? load_der(&load, bytes, size) : load_pem(&load, bytes, size);
    /* OpenSSL's reasons describe the encoding. They add nothing to a missing or wrong passphrase. */
    if (status == KM_DONE || status == KM_PASSPHRASE_WRONG || status == KM_PASSPHRASE_MISSING) reason[0] = '\0';
    km_clear();
    if (status == KM_DONE) *key = load.key;
    return status;
}
