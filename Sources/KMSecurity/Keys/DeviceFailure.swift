public import KMPrimitives

/// A ``KMError`` of a ``ContentKeyUnwrapper`` or a `MessageAuthenticator`, whose code says nothing about the peer's
/// message.
///
/// A server answers HTTP 500. Other errors of devices are thrown as they are.
public struct DeviceFailure: Error {
    /// The error of the device.
    public let underlying: KMError

    /// Calls a device, and wraps its ``KMError``.
    nonisolated(nonsending) static func wrapping<Result>(
        _ call: nonisolated(nonsending) () async throws -> Result
    ) async throws -> Result {
        do {
            return try await call()
        } catch let error as KMError {
            throw DeviceFailure(underlying: error)
        }
    }

    /// Calls `body`, and throws the error of a device as it is, for tools that show it to their user.
    nonisolated(nonsending) static func unpacking<Result>(
        _ body: nonisolated(nonsending) () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let failure as DeviceFailure {
            throw failure.underlying
        }
    }
}

extension DeviceFailure: CustomStringConvertible {
    /// The text of the device's error.
    public var description: String { "the device with the key failed: \(underlying)" }
}
