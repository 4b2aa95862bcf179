#include "kmsecurity.h"

/* Every status with the name of its KMError code and a sentence. KMCApi finds the number of a code by its name here. */
#define STATUSES(X) \
    X(KM_SUCCESS, "success", "The call succeeded.") \
    X(KM_ERROR_ARGUMENT_INVALID, "argumentInvalid", "An argument is NULL or outside its range; the detail names it.") \
    X(KM_ERROR_BUFFER_TOO_SMALL, "bufferTooSmall", "The output needs more room; *size is the number of bytes.") \
    X(KM_ERROR_CRYPTOGRAPHY_UNAVAILABLE, "cryptographyUnavailable", \
      "OpenSSL failed: it has no random bytes, no memory, or no provider with the algorithm.") \
    X(KM_ERROR_OTHER, "other", "The call failed for a reason that has no number; the detail names it.") \
    X(KM_ERROR_LIMIT_EXCEEDED, "limitExceeded", "An input is too large, nested too deeply or has too many elements.") \
    X(KM_ERROR_INVALID_SIZE, "invalidSize", "A size is outside the range that the operation accepts.") \
    X(KM_ERROR_FILE_UNREADABLE, "fileUnreadable", "A file cannot be read, or is too large.") \
    X(KM_ERROR_TOKEN_MALFORMED, "tokenMalformed", "The token is not a well-formed KMV1 token.") \
    X(KM_ERROR_TOKEN_MISMATCH, "tokenMismatch", "The token's MAC does not match this body under this secret key.") \
    X(KM_ERROR_TOKEN_STALE, "tokenStale", "The token's time is too far in the past or in the future.") \
    X(KM_ERROR_HEADER_INVALID, "headerInvalid", "A key id, a correlation id, a zone or a time is malformed.") \
    X(KM_ERROR_TIME_ZONE_UNKNOWN, "timeZoneUnknown", "The time zone must be UTC, GMT, KST or JST.") \
    X(KM_ERROR_MALFORMED_KEY, "malformedKey", "The bytes are not a key in a supported format, or the key is invalid.") \
    X(KM_ERROR_WRONG_KEY_KIND, "wrongKeyKind", "A public key was given where a private key is required.") \
    X(KM_ERROR_UNSUPPORTED_KEY, "unsupportedKey", "The key must be an RSA key of 2048 to 8192 bits with two primes.") \
    X(KM_ERROR_PASSPHRASE_REQUIRED, "passphraseRequired", "The key is encrypted and no passphrase was given.") \
    X(KM_ERROR_PASSPHRASE_WRONG, "passphraseWrong", "The key does not decrypt with the passphrase.") \
    X(KM_ERROR_LEGACY_ENCRYPTION, "legacyEncryption", "The key is encrypted with an outdated or unknown algorithm.") \
    X(KM_ERROR_MALFORMED_CERTIFICATE, "malformedCertificate", "The bytes are not an X.509 certificate.") \
    X(KM_ERROR_CERTIFICATE_NOT_VALID, "certificateNotValid", "The certificate is not valid yet, or has expired.") \
    X(KM_ERROR_KEY_UNKNOWN, "keyUnknown", "The keyring has no key with this id.") \
    X(KM_ERROR_KEY_NOT_ACTIVE, "keyNotActive", "The key's state does not allow the operation.") \
    X(KM_ERROR_KEY_HALF_MISSING, "keyHalfMissing", "The operation needs a certificate or a private key that is missing.") \
    X(KM_ERROR_KEYRING_INVALID, "keyringInvalid", "Two keys have the same id.") \
    X(KM_ERROR_AUTHENTICATION_FAILED, "authenticationFailed", "The body does not decrypt, or its tag does not verify.") \
    X(KM_ERROR_MALFORMED_JSON, "malformedJSON", "The text is not JSON.") \
    X(KM_ERROR_MALFORMED_BODY, "malformedBody", "The body must be an object with encData as its only member.") \
    X(KM_ERROR_PROTECTION_REQUIRED, "protectionRequired", "The body, or a field of it, must be encrypted and is not.") \
    X(KM_ERROR_MALFORMED_JWE, "malformedJWE", "The text is not a JWE in compact serialization.") \
    X(KM_ERROR_MALFORMED_HEADER, "malformedHeader", "The header of the JWE is malformed.") \
    X(KM_ERROR_ALGORITHM_NOT_ALLOWED, "algorithmNotAllowed", "The JWE has an algorithm that is not accepted.") \
    X(KM_ERROR_KEY_ID_MISMATCH, "keyIDMismatch", "The JWE names another key than the call.") \
    X(KM_ERROR_PATH_MALFORMED, "pathMalformed", "The text is not a JSONPath.") \
    X(KM_ERROR_PATH_UNSUPPORTED, "pathUnsupported", "The JSONPath must have only names, indexes and wildcards.") \
    X(KM_ERROR_PATHS_OVERLAP, "pathsOverlap", "A value that one path matches could lie inside that of another.") \
    X(KM_ERROR_FIELD_MISSING, "fieldMissing", "A path of the selection does not match as often as required.") \
    X(KM_ERROR_FIELD_MISMATCH, "fieldMismatch", "A field is bound to another path, message or content encryption key.") \
    X(KM_ERROR_PAN_MALFORMED, "panMalformed", "The card number contains a character that is not a digit.") \
    X(KM_ERROR_PAN_LENGTH_INVALID, "panLengthInvalid", "The card number has fewer or more digits than required.") \
    X(KM_ERROR_PAN_CHECK_DIGIT_INVALID, "panCheckDigitInvalid", "The check digit of the card number is wrong.") \
    X(KM_ERROR_PAR_MALFORMED, "parMalformed", "The text is not a prefix of a PAR.") \
    X(KM_ERROR_ARROW_INVALID, "arrowInvalid", "The column is not a utf8 or large_utf8 array of Arrow's C data interface.")

const char *km_version(void) { return KM_VERSION; }

int32_t km_abi(void) { return KM_ABI; }

const char *km_status_name(int32_t status) {
    switch (status) {
#define NAME(number, name, text) case number: return name;
        STATUSES(NAME)
    default: return NULL;
    }
}

const char *km_status_text(int32_t status) {
    switch (status) {
#define TEXT(number, name, text) case number: return text;
        STATUSES(TEXT)
    default: return NULL;
    }
}

/* The layout is part of the binary interface. */
_Static_assert(sizeof(km_error) == 512 && offsetof(km_error, row) == 8 && offsetof(km_error, detail) == 16, "km_error");
_Static_assert(sizeof(km_status) == 4 && sizeof(km_profile) == 4 && sizeof(km_key_state) == 4, "enumerations");
_Static_assert(sizeof(void *) != 8 || sizeof(km_crypto_key) == 64, "km_crypto_key");
