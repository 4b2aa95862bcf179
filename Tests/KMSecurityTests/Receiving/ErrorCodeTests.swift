import KMSecurity
import Testing

/// A user acts on codes, and imports nothing but KMSecurity.
@Suite("Error codes")
struct ErrorCodeTests {
    static let refusals: [KMError.Code] = [
        .headerMissing, .headerRepeated, .headerInvalid, .timeZoneUnknown, .timeMismatch, .tokenMalformed,
        .tokenMismatch, .tokenStale, .callerUnknown, .credentialNotValid, .replayed, .emptyBody, .limitExceeded,
        .malformedJSON, .malformedBody, .protectionRequired, .fieldMissing, .fieldMismatch, .keyUnknown, .keyNotActive,
        .keyHalfMissing, .malformedJWE, .malformedHeader, .algorithmNotAllowed, .keyIDMismatch, .authenticationFailed,
        .pathUnsupported, .invalidSize,
    ]

    @Test func everyRefusalHasItsOwnName() {
        #expect(Set(Self.refusals.map(\.description)).count == Self.refusals.count)
    }
}
