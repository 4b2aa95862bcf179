/* Parsing of private keys: PKCS#8, PKCS#1 and PKCS#12, with the passphrase given by the caller. OpenSSL is never left to
 * ask for one on a terminal, and never set to a key derivation that a hostile file made endless. */
#include <limits.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include "internal.h"

/* Some seconds of work, for all parts of a file together; files in the wild ask for 2048 to about a million rounds. */
#define MAXIMUM_ROUNDS 10000000

typedef struct passphrase {
    const char *text; /* NULL when none was given */
    int size;
    int64_t *rounds; /* how much key derivation is left to this file */
} passphrase;

/* Takes `rounds` off what is left; 0 when there is not so much. */
static int afford(passphrase pass, int64_t rounds) {
    if (rounds > *pass.rounds) return 0;
    if (rounds > 0) *pass.rounds -= rounds;
    return 1;
}

static int afford_iterations(passphrase pass, const ASN1_INTEGER *iterations) {
    int64_t count = 0;
    return iterations == NULL || (ASN1_INTEGER_get_int64(&count, iterations) == 1 && afford(pass, count));
}

#ifndef OPENSSL_NO_SCRYPT
/* The work grows with the product of the three parameters; OpenSSL bounds the memory alone. A unit of it costs about as
 * much as a round of PBKDF2. */
static int afford_scrypt(passphrase pass, const SCRYPT_PARAMS *scrypt) {
    const ASN1_INTEGER *const factors[] = {scrypt->costParameter, scrypt->blockSize, scrypt->parallelizationParameter};
    int64_t product = 1;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        int64_t factor = 0;
        if (ASN1_INTEGER_get_int64(&factor, factors[i]) != 1 || factor < 1 || factor > MAXIMUM_ROUNDS / product) return 0;
        product *= factor;
    }
    return afford(pass, product);
}
#endif

/* PBES2 and PBMAC1 begin alike: with a key derivation function. What does not parse here does not decrypt either. */
static int afford_pbkdf(passphrase pass, const ASN1_TYPE *parameter) {
    PBE2PARAM *scheme = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), parameter);
    const X509_ALGOR *function = scheme == NULL ? NULL : scheme->keyfunc;
    int affordable = 1;
    if (function != NULL && OBJ_obj2nid(function->algorithm) == NID_id_pbkdf2) {
        PBKDF2PARAM *pbkdf2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), function->parameter);
        affordable = pbkdf2 == NULL || afford_iterations(pass, pbkdf2->iter);
        PBKDF2PARAM_free(pbkdf2);
    }
#ifndef OPENSSL_NO_SCRYPT
    if (function != NULL && OBJ_obj2nid(function->algorithm) == NID_id_scrypt) {
        SCRYPT_PARAMS *scrypt = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), function->parameter);
        affordable = scrypt == NULL || afford_scrypt(pass, scrypt);
        SCRYPT_PARAMS_free(scrypt);
    }
#endif
    PBE2PARAM_free(scheme);
    return affordable;
}

static int afford_algorithm(passphrase pass, const X509_ALGOR *algorithm) {
    const ASN1_OBJECT *identifier = NULL;
    int type = V_ASN1_UNDEF;
    const void *value = NULL;
    X509_ALGOR_get0(&identifier, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE) return 1;
    const int nid = OBJ_obj2nid(identifier);
    if (nid == NID_pbes2 || nid == NID_pbmac1) return afford_pbkdf(pass, algorithm->parameter);
    PBEPARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
    const int affordable = pbe == NULL || afford_iterations(pass, pbe->iter);
    PBEPARAM_free(pbe);
    return affordable;
}

/* Why a decryption failed: an algorithm that this OpenSSL has not loaded, or else the passphrase. */
static km_status decryption_failure(void) {
    km_status status = KM_PASSPHRASE_WRONG;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        const int reason = ERR_GET_REASON(code);
        if (reason == ERR_R_UNSUPPORTED || (ERR_GET_LIB(code) == ERR_LIB_EVP
            && (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER
                || reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNKNOWN_PBE_ALGORITHM))) {
            status = KM_NEEDS_LEGACY;
        }
    }
    return status;
}

static km_status from_info(const PKCS8_PRIV_KEY_INFO *info, EVP_PKEY **pkey) {
    *pkey = EVP_PKCS82PKEY(info);
    if (*pkey != NULL) return KM_DONE;
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *identifier = NULL;
    if (PKCS8_pkey_get0(NULL, NULL, NULL, &algorithm, info) == 1) X509_ALGOR_get0(&identifier, NULL, NULL, algorithm);
    return identifier != NULL && OBJ_obj2nid(identifier) != NID_rsaEncryption ? KM_NOT_RSA : KM_MALFORMED;
}

static km_status from_encrypted(const X509_SIG *encrypted, passphrase pass, EVP_PKEY **pkey) {
    const X509_ALGOR *algorithm = NULL;
    X509_SIG_get0(encrypted, &algorithm, NULL);
    if (!afford_algorithm(pass, algorithm)) return KM_TOO_COSTLY;
    if (pass.text == NULL) return KM_PASSPHRASE_MISSING;
    ERR_clear_error();
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(encrypted, pass.text, pass.size);
    if (info == NULL) return decryption_failure();
    const km_status status = from_info(info, pkey);
    PKCS8_PRIV_KEY_INFO_free(info);
    return status;
}

static km_status from_pkcs8(const uint8_t *der, long size, EVP_PKEY **pkey) {
    const uint8_t *at = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, size);
    if (info == NULL) return KM_MALFORMED;
    const km_status status = at == der + size ? from_info(info, pkey) : KM_MALFORMED;
    PKCS8_PRIV_KEY_INFO_free(info);
    return status;
}

static km_status from_encrypted_pkcs8(const uint8_t *der, long size, passphrase pass, EVP_PKEY **pkey) {
    const uint8_t *at = der;
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at, size);
    if (encrypted == NULL) return KM_MALFORMED;
    const km_status status = at == der + size ? from_encrypted(encrypted, pass, pkey) : KM_MALFORMED;
    X509_SIG_free(encrypted);
    return status;
}

static km_status from_pkcs1(const uint8_t *der, long size, EVP_PKEY **pkey) {
    const uint8_t *at = der;
    /* d2i_PrivateKey(EVP_PKEY_RSA) would also take a PKCS#8 structure; that one was tried before. */
    *pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, size);
    if (*pkey != NULL && at == der + size) return KM_DONE;
    EVP_PKEY_free(*pkey);
    *pkey = NULL;
    return KM_MALFORMED;
}

/* The first private key among the bags of one safe. */
static km_status from_bags(const STACK_OF(PKCS12_SAFEBAG) *bags, passphrase pass, EVP_PKEY **pkey) {
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_keyBag: return from_info(PKCS12_SAFEBAG_get0_p8inf(bag), pkey);
        case NID_pkcs8ShroudedKeyBag: return from_encrypted(PKCS12_SAFEBAG_get0_pkcs8(bag), pass, pkey);
        default: break;
        }
    }
    return KM_MALFORMED;
}

static km_status from_safe(PKCS7 *safe, passphrase pass, EVP_PKEY **pkey) {
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    if (PKCS7_type_is_data(safe)) {
        bags = PKCS12_unpack_p7data(safe);
        if (bags == NULL) return KM_MALFORMED;
    } else if (PKCS7_type_is_encrypted(safe)) {
        if (safe->d.encrypted == NULL || safe->d.encrypted->enc_data == NULL) return KM_MALFORMED;
        if (!afford_algorithm(pass, safe->d.encrypted->enc_data->algorithm)) return KM_TOO_COSTLY;
        if (pass.text == NULL) return KM_PASSPHRASE_MISSING;
        ERR_clear_error();
        bags = PKCS12_unpack_p7encdata(safe, pass.text, pass.size);
        if (bags == NULL) return decryption_failure();
    } else {
        return KM_MALFORMED;
    }
    const km_status status = from_bags(bags, pass, pkey);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return status;
}

static km_status from_pkcs12_contents(const PKCS12 *file, passphrase pass, EVP_PKEY **pkey) {
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);
    if (safes == NULL) return KM_MALFORMED;
    km_status status = KM_MALFORMED;
    /* The key usually stands in the last safe, unencrypted but for its own shroud; certificates come before it, under
     * an algorithm that may not be available without anything being lost. */
    for (int i = sk_PKCS7_num(safes) - 1; i >= 0 && *pkey == NULL; i--) {
        const km_status found = from_safe(sk_PKCS7_value(safes, i), pass, pkey);
        if (found == KM_DONE || found == KM_TOO_COSTLY || status == KM_MALFORMED) status = found;
        if (found == KM_TOO_COSTLY) break;
    }
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return status;
}

static km_status from_pkcs12(const uint8_t *der, long size, passphrase pass, EVP_PKEY **pkey) {
    const uint8_t *at = der;
    PKCS12 *file = d2i_PKCS12(NULL, &at, size);
    if (file == NULL) return KM_MALFORMED;
    km_status status = KM_MALFORMED;
    if (at == der + size) {
        if (PKCS12_mac_present(file)) {
            const ASN1_INTEGER *iterations = NULL;
            const ASN1_OCTET_STRING *mac = NULL, *salt = NULL;
            const X509_ALGOR *algorithm = NULL;
            PKCS12_get0_mac(&mac, &algorithm, &salt, &iterations, file);
            ERR_clear_error();
            if (!afford_algorithm(pass, algorithm) || !afford_iterations(pass, iterations)) status = KM_TOO_COSTLY;
            else if (pass.text == NULL) status = PKCS12_verify_mac(file, NULL, 0) == 1 || PKCS12_verify_mac(file, "", 0) == 1
                ? KM_DONE : KM_PASSPHRASE_MISSING;
            else status = PKCS12_verify_mac(file, pass.text, pass.size) == 1 ? KM_DONE : decryption_failure();
        } else {
            status = KM_DONE;
        }
        if (status == KM_DONE) status = from_pkcs12_contents(file, pass, pkey);
    }
    PKCS12_free(file);
    return status;
}

static int give_passphrase(char *buffer, int capacity, int writing, void *context) {
    const passphrase *pass = context;
    (void)writing;
    if (pass->text == NULL || pass->size > capacity) return -1;
    if (pass->size > 0) memcpy(buffer, pass->text, (size_t)pass->size);
    return pass->size;
}

/* 1 when the PEM block `name` is read here. */
static int from_block(const char *name, char *header, uint8_t *data, long length, passphrase pass, EVP_PKEY **pkey,
                      km_status *status) {
    if (strcmp(name, PEM_STRING_PKCS8INF) == 0) {
        *status = from_pkcs8(data, length, pkey);
    } else if (strcmp(name, PEM_STRING_PKCS8) == 0) {
        *status = from_encrypted_pkcs8(data, length, pass, pkey);
    } else if (strcmp(name, PEM_STRING_RSA) == 0) {
        EVP_CIPHER_INFO cipher;
        ERR_clear_error();
        if (PEM_get_EVP_CIPHER_INFO(header, &cipher) != 1) {
            const int reason = ERR_GET_REASON(ERR_peek_last_error());
            *status = reason == PEM_R_UNSUPPORTED_ENCRYPTION ? KM_NEEDS_LEGACY : KM_MALFORMED;
        } else if (cipher.cipher != NULL && pass.text == NULL) {
            *status = KM_PASSPHRASE_MISSING;
        } else if (PEM_do_header(&cipher, data, &length, give_passphrase, &pass) != 1) {
            *status = decryption_failure();
        } else {
            *status = from_pkcs1(data, length, pkey);
            /* A wrong passphrase leaves good padding once in 256 times. */
            if (*status == KM_MALFORMED && cipher.cipher != NULL) *status = KM_PASSPHRASE_WRONG;
        }
    } else if (strstr(name, "PRIVATE KEY") != NULL) {
        *status = KM_NOT_RSA;
    } else {
        return 0;
    }
    return 1;
}

static km_status from_pem(const uint8_t *bytes, int size, passphrase pass, EVP_PKEY **pkey) {
    BIO *bio = BIO_new_mem_buf(bytes, size);
    if (bio == NULL) return KM_FAILED;
    km_status status = KM_MALFORMED;
    for (int done = 0; !done;) {
        char *name = NULL, *header = NULL;
        uint8_t *data = NULL;
        long length = 0;
        const unsigned int flags = PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE;
        if (PEM_read_bio_ex(bio, &name, &header, &data, &length, flags) != 1) break;
        const size_t allocated = (size_t)length;
        done = from_block(name, header, data, length, pass, pkey, &status);
        if (!done && (strcmp(name, PEM_STRING_PUBLIC) == 0 || strcmp(name, PEM_STRING_RSA_PUBLIC) == 0
                      || strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0
                      || strcmp(name, PEM_STRING_X509_TRUSTED) == 0)) {
            status = KM_PUBLIC_KEY; /* unless a private key follows, as in a bundle */
        }
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, allocated);
    }
    BIO_free(bio);
    return status;
}

static km_status from_der(const uint8_t *bytes, long size, passphrase pass, EVP_PKEY **pkey) {
    km_status status = from_pkcs8(bytes, size, pkey);
    if (status == KM_MALFORMED) status = from_pkcs1(bytes, size, pkey);
    if (status == KM_MALFORMED) status = from_pkcs12(bytes, size, pass, pkey);
    if (status == KM_MALFORMED) status = from_encrypted_pkcs8(bytes, size, pass, pkey);
    if (status == KM_MALFORMED) {
        km_rsa *public_key = NULL;
        char reason[KM_REASON_CAPACITY];
        if (km_rsa_parse_public(bytes, (size_t)size, &public_key, reason) == KM_DONE) status = KM_PUBLIC_KEY;
        km_rsa_free(public_key);
    }
    return status;
}

km_status km_rsa_parse_private(const uint8_t *bytes, size_t size, const uint8_t *passphrase_bytes,
                               size_t passphrase_size, km_rsa **key, char *reason) {
    EVP_PKEY *pkey = NULL;
    km_status status = KM_MALFORMED;
    *key = NULL;
    reason[0] = '\0';
    ERR_clear_error();
    if (passphrase_size > PEM_BUFSIZE) return KM_PASSPHRASE_WRONG;
    int64_t rounds = MAXIMUM_ROUNDS;
    const passphrase pass = {(const char *)passphrase_bytes, (int)passphrase_size, &rounds};
    if (size > 0 && size <= INT_MAX) {
        status = km_is_der(bytes, size) ? from_der(bytes, (long)size, pass, &pkey)
                                        : from_pem(bytes, (int)size, pass, &pkey);
    }
    /* OpenSSL's reasons tell of the encoding. Where a passphrase was at work they say nothing but that, in many ways. */
    if (status == KM_PASSPHRASE_WRONG || status == KM_PASSPHRASE_MISSING) km_clear();
    else km_clear_with_reason(reason);
    if (status != KM_DONE) {
        EVP_PKEY_free(pkey);
        return status;
    }
    if (!km_pkey_is_rsa(pkey)) {
        EVP_PKEY_free(pkey);
        return KM_NOT_RSA;
    }
    *key = km_rsa_adopt(pkey, 1);
    if (*key == NULL) km_clear_with_reason(reason);
    return *key != NULL ? KM_DONE : KM_FAILED;
}
