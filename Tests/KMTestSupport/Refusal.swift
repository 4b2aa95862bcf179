package import KMPrimitives

extension KMError.Code {
    /// Stands for an error of another type than ``KMError``; no test expects it.
    package static let foreignError = Self("foreignError")
    /// Stands for a failure that left something in OpenSSL's error queue; no test expects it.
    package static let errorQueueNotEmpty = Self("errorQueueNotEmpty")
}

/// The code that `body` throws, or nil when it does not throw.
///
/// That OpenSSL's error queue is empty after it is checked along, so that every test of a refusal is a test of that
/// too.
package func refusal<Result>(_ body: () throws -> Result) -> KMError.Code? {
    OpenSSL.drainErrorQueue()
    var code: KMError.Code?
    do {
        _ = try body()
    } catch let error as KMError {
        code = error.code
    } catch {
        code = .foreignError
    }
    return OpenSSL.drainErrorQueue() == 0 ? code : .errorQueueNotEmpty
}

/// The code that an asynchronous `body` throws, or nil when it does not throw.
package func refusal<Result>(_ body: () async throws -> Result) async -> KMError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as KMError {
        return error.code
    } catch {
        return .foreignError
    }
}

/// The error that `body` throws, or nil when it throws none or one of another type.
package func thrownError<Result>(_ body: () throws -> Result) -> KMError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? KMError
    }
}
