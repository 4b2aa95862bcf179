import KMSecurity
import KMSecurityTestSupport
import Testing

/// The codes with which a server rejects requests, which must be visible to a user that imports only KMSecurity.
@Suite("Error codes")
struct ErrorCodeTests {
    static let rejections: [KMError.Code] = [
        .headerMissing, .headerRepeated, .headerInvalid, .timeZoneUnknown, .timeMismatch, .tokenMalformed,
        .tokenMismatch, .tokenStale, .callerUnknown, .credentialNotValid, .replayed, .emptyBody, .limitExceeded,
        .malformedJSON, .malformedBody, .protectionRequired, .fieldMissing, .fieldMismatch, .keyUnknown, .keyNotActive,
        .malformedJWE, .malformedHeader, .algorithmNotAllowed, .keyIDMismatch, .authenticationFailed,
        .pathUnsupported,
    ]

    @Test func everyRejectionCodeHasADifferentName() {
        #expect(Set(Self.rejections.map(\.description)).count == Self.rejections.count)
    }
}
