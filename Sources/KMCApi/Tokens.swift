// The names are those of kmsecurity.h, which the compiler requires.
// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CKMSecurity
internal import Foundation
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// Creates a secret key from its bytes.
@c @implementation
public func km_secret_key_create(
    _ secret: UnsafePointer<UInt8>?,
    _ secretSize: Int,
    _ created: UnsafeMutablePointer<OpaquePointer?>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe create(created, error) {
        let secret = try unsafe input(secret, secretSize, "secret")
        try checkSecretSize(secret.count, "the secret key")
        return try SecretKey(SecretBytes(copying: unsafe Span(_unsafeElements: secret)))
    }
}

/// Frees a secret key and erases it.
@c @implementation
public func km_secret_key_free(_ key: OpaquePointer?) {
    unsafe freeHandle(key)
}

/// Makes the token of a body.
@c @implementation
public func km_token_sign(
    _ key: OpaquePointer?,
    _ body: UnsafePointer<UInt8>?,
    _ bodySize: Int,
    _ time: Int64,
    _ zone: UnsafePointer<CChar>?,
    _ profile: km_profile,
    _ output: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ size: UnsafeMutablePointer<Int>?,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let output = try unsafe Output(output, capacity, size)
        let signer = TranTokenSigner(try unsafe value(of: key, SecretKey.self, "key"))
        let body = try unsafe input(body, bodySize, "body")
        let profile = try profile.value
        let stamp = try RequestStamp(date: date(time), timeZone: unsafe timeZone(zone), random: 0)
        let token = try signer.sign(unsafe Span(_unsafeElements: body), at: stamp)
        try output.write(Array(token.text(profile).utf8).span)
    }
}

/// Verifies a token's MAC, and then its time.
@c @implementation
public func km_token_verify(
    _ key: OpaquePointer?,
    _ token: UnsafePointer<UInt8>?,
    _ tokenSize: Int,
    _ body: UnsafePointer<UInt8>?,
    _ bodySize: Int,
    _ now: Int64,
    _ zone: UnsafePointer<CChar>?,
    _ past: Int64,
    _ future: Int64,
    _ error: UnsafeMutablePointer<km_error>?
) -> km_status {
    unsafe perform(error) {
        let key = try unsafe value(of: key, SecretKey.self, "key")
        let token = try unsafe input(token, tokenSize, "token")
        let body = try unsafe input(body, bodySize, "body")
        let zone = try unsafe timeZone(zone)
        let verifier = TranTokenVerifier(key, tolerance: try tolerance(past, future))
        guard token.count <= TranToken.characterCounts.upperBound else {
            throw KMError(.tokenMalformed, "the token must be 66 or 67 characters; got \(token.count)")
        }
        let parsed = try TranToken(unsafe String(decoding: token, as: UTF8.self))
        try verifier.verify(parsed, body: unsafe Span(_unsafeElements: body), timeZone: zone, at: date(now))
    }
}

/// Returns the tolerance; nil if every time is accepted.
private func tolerance(_ past: Int64, _ future: Int64) throws -> TranTokenVerifier.Tolerance? {
    if past == Int64(KM_ANY_TIME), future == Int64(KM_ANY_TIME) { return nil }
    guard past >= 0, future >= 0 else {
        throw KMError(.argumentInvalid, "past and future must be 0 milliseconds or more, or both KM_ANY_TIME")
    }
    return TranTokenVerifier.Tolerance(past: Double(past) / 1000, future: Double(future) / 1000)
}

/// Returns the date of a number of milliseconds since 1970-01-01 00:00 UTC.
func date(_ milliseconds: Int64) -> Date {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000)
}

private func timeZone(_ zone: UnsafePointer<CChar>?) throws -> TimeZoneCode {
    try unsafe optionalText(zone, "zone").map(TimeZoneCode.init(_:)) ?? .utc
}

/// Throws if a secret is larger than a file with a secret may be.
func checkSecretSize(_ count: Int, _ what: String) throws {
    guard count <= 1 << 20 else {
        throw KMError(.limitExceeded, "\(what) must be at most \(1 << 20) bytes; got \(count)")
    }
}

extension km_profile {
    /// The profile of this number.
    var value: WireProfile {
        get throws {
            switch self {
            case KM_PROFILE_DOCUMENTED: .documented
            case KM_PROFILE_GATEWAY: .gateway
            default: throw unknown("profile", rawValue, expected: "0 (documented) or 1 (gateway)")
            }
        }
    }
}
