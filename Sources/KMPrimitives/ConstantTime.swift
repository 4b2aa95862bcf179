internal import CKMOpenSSL

/// Returns whether two byte strings are equal, in time that depends only on their lengths (`CRYPTO_memcmp`).
package func constantTimeEquals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe left.withUnsafeBufferPointer { leftBytes in
        unsafe right.withUnsafeBufferPointer { rightBytes in
            unsafe km_equal(leftBytes.baseAddress, rightBytes.baseAddress, leftBytes.count)
        }
    }
}

/// Returns whether two byte strings are equal, in time that depends only on their lengths (`CRYPTO_memcmp`).
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    constantTimeEquals(left.span, right.span)
}
