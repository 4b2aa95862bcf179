/* Limits the cost of the key derivation that a file requires. A hostile file can require hours of work. The cost of
 * each algorithm is therefore subtracted from a budget before the algorithm runs. The unit is a round: about the work
 * of one iteration of PBKDF2 with HMAC-SHA-256. */
#include <limits.h>

#include <openssl/asn1t.h>
#include <openssl/pkcs12.h>

#include "internal.h"

/* PKCS#12 derives a 3DES key in two passes, and its IV in one more. Each pass runs all rounds. */
#define PKCS12_PASSES 3

bool km_afford(int64_t *left, int64_t rounds, int64_t passes) {
    /* OpenSSL uses only the low 32 bits of a count, so that a negative count could become any number of rounds. */
    if (rounds < 0 || rounds > INT_MAX || rounds > *left / passes) return false;
    *left -= rounds * passes;
    return true;
}

static bool afford_iterations(int64_t *left, const ASN1_INTEGER *iterations, int64_t passes) {
    int64_t rounds = 0;
    return iterations == NULL || (ASN1_INTEGER_get_int64(&rounds, iterations) == 1 && km_afford(left, rounds, passes));
}

#ifndef OPENSSL_NO_SCRYPT
/* The work grows with the product of the three parameters, and one unit of the product costs about as much as one
 * round. OpenSSL limits only the memory. In addition, PBKDF2 fills (blockSize * parallelizationParameter) pieces of 128
 * bytes before the main work and reads them after it, at four rounds per piece each time. */
static bool afford_scrypt(int64_t *left, const SCRYPT_PARAMS *scrypt) {
    const ASN1_INTEGER *const factors[] = {scrypt->costParameter, scrypt->blockSize, scrypt->parallelizationParameter};
    int64_t product = 1, pieces = 1;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        int64_t factor = 0;
        if (ASN1_INTEGER_get_int64(&factor, factors[i]) != 1 || factor < 1 || factor > *left / product) return false;
        product *= factor;
        if (i > 0) pieces *= factor;
    }
    return km_afford(left, product, 1) && km_afford(left, pieces, 8);
}
#endif

/* Returns the number of passes of PBKDF2: one pass of all rounds for each hash-sized piece of the key. */
static int64_t pbkdf2_passes(const PBKDF2PARAM *pbkdf2, const X509_ALGOR *encryption) {
    const EVP_CIPHER *cipher = encryption == NULL ? NULL : EVP_get_cipherbyobj(encryption->algorithm);
    const int prf = pbkdf2->prf == NULL ? NID_hmacWithSHA1 : OBJ_obj2nid(pbkdf2->prf->algorithm);
    int hash = NID_undef, key_size = EVP_MAX_KEY_LENGTH, hash_size = 0;
    if (cipher != NULL) key_size = EVP_CIPHER_get_key_length(cipher);
    if (EVP_PBE_find(EVP_PBE_TYPE_PRF, prf, NULL, &hash, NULL) == 1) {
        const EVP_MD *md = EVP_get_digestbynid(hash);
        if (md != NULL) hash_size = EVP_MD_get_size(md);
    }
    if (hash_size <= 0) hash_size = 16; /* the smallest hash */
    return key_size <= hash_size ? 1 : (key_size + hash_size - 1) / hash_size;
}

/* Returns true when the derived key is not longer than the longest hash. */
static bool has_common_length(const PBKDF2PARAM *pbkdf2) {
    int64_t length = 0;
    if (pbkdf2->keylength == NULL) return true;
    return ASN1_INTEGER_get_int64(&length, pbkdf2->keylength) == 1 && length > 0 && length <= EVP_MAX_MD_SIZE;
}

/* PBES2 and PBMAC1 both begin with a key derivation function. Parameters that do not parse cost nothing here, because
 * OpenSSL cannot decrypt with them either. */
static bool afford_pbkdf(int64_t *left, const ASN1_TYPE *parameter) {
    PBE2PARAM *scheme = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), parameter);
    const X509_ALGOR *function = scheme == NULL ? NULL : scheme->keyfunc;
    bool is_affordable = 1;
    if (function != NULL && OBJ_obj2nid(function->algorithm) == NID_id_pbkdf2) {
        PBKDF2PARAM *pbkdf2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), function->parameter);
        /* PBMAC1 derives a key of the length in the file. OpenSSL 3.4 to 3.6 wrote past their buffer for a long key. */
        is_affordable = pbkdf2 == NULL
            || (has_common_length(pbkdf2)
                && afford_iterations(left, pbkdf2->iter, pbkdf2_passes(pbkdf2, scheme->encryption)));
        PBKDF2PARAM_free(pbkdf2);
    }
#ifndef OPENSSL_NO_SCRYPT
    if (function != NULL && OBJ_obj2nid(function->algorithm) == NID_id_scrypt) {
        SCRYPT_PARAMS *scrypt = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), function->parameter);
        is_affordable = scrypt == NULL || afford_scrypt(left, scrypt);
        SCRYPT_PARAMS_free(scrypt);
    }
#endif
    PBE2PARAM_free(scheme);
    return is_affordable;
}

bool km_afford_algorithm(int64_t *left, const X509_ALGOR *algorithm) {
    const ASN1_OBJECT *identifier = NULL;
    int type = V_ASN1_UNDEF;
    const void *value = NULL;
    X509_ALGOR_get0(&identifier, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE) return true;
    const int nid = OBJ_obj2nid(identifier);
    if (nid == NID_pbes2 || nid == NID_pbmac1) return afford_pbkdf(left, algorithm->parameter);
    PBEPARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
    const bool is_affordable = pbe == NULL || afford_iterations(left, pbe->iter, PKCS12_PASSES);
    PBEPARAM_free(pbe);
    return is_affordable;
}

bool km_afford_mac(int64_t *left, const PKCS12 *file, int64_t passes) {
    const ASN1_INTEGER *iterations = NULL;
    const ASN1_OCTET_STRING *mac = NULL, *salt = NULL;
    const X509_ALGOR *algorithm = NULL;
    PKCS12_get0_mac(&mac, &algorithm, &salt, &iterations, file);
    for (int64_t i = 0; i < passes; i++) {
        if (!km_afford_algorithm(left, algorithm)) return false;
    }
    return afford_iterations(left, iterations, passes);
}
