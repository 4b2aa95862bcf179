package import KMPrimitives

extension KMError.Code {
    /// An error of a type other than ``KMError``; no test expects this code.
    package static let foreignError = Self("foreignError")
    /// A call that left entries in OpenSSL's error queue; no test expects this code.
    package static let errorQueueNotEmpty = Self("errorQueueNotEmpty")
}

/// Returns the code of the error that `body` throws, or nil if it does not throw.
///
/// It also checks that OpenSSL's error queue is empty afterwards, so that every test of an error tests that too.
package func rejection<Result>(_ body: () throws -> Result) -> KMError.Code? {
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

/// Returns the code of the error that an asynchronous `body` throws, or nil if it does not throw.
package func rejection<Result>(_ body: () async throws -> Result) async -> KMError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as KMError {
        return error.code
    } catch {
        return .foreignError
    }
}

/// Returns the ``KMError`` that `body` throws, or nil if it throws nothing or an error of another type.
package func thrownError<Result>(_ body: () throws -> Result) -> KMError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? KMError
    }
}
