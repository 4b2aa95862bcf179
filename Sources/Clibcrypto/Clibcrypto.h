/* OpenSSL's libcrypto as a system library: this module carries its link flags and no declarations.
 * Only the sources of CKMOpenSSL include <openssl/...>. */
