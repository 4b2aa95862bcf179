#if PostgreSQL
internal import Clibpq
internal import Foundation
internal import KMSecurity

/// A connection to PostgreSQL.
///
/// Its calls block, for at most ``timeout`` each. Use it on a thread of your own, one thread at a time; see
/// ``PostgreSQLPool``. After an error whose outcome is unknown, and after a fault of the network, it is closed.
@safe
package final class PostgreSQLConnection {
    /// The longest time for a statement.
    package let timeout: Duration
    private var pointer: OpaquePointer?
    private var isInTransaction = false
    private let notices = Notices()

    /// What the server said beside its results.
    private final class Notices {
        /// Whether a commit is on the disk of this server, but its standbys did not confirm it.
        var isReplicationUnconfirmed = false
    }

    /// Connects to a server.
    ///
    /// For each host of the connection string it waits as long as the string's `connect_timeout`, or 2 s.
    ///
    /// - Parameters:
    ///   - connectionString: The keywords and values, or the URI, that libpq documents.
    ///   - applicationName: The name that PostgreSQL lists, unless the string has one.
    ///   - timeout: The longest time for a statement.
    /// - Throws: The reason of libpq or of the server.
    package init(connectionString: String, applicationName: String, timeout: Duration) throws(PostgreSQLError) {
        self.timeout = timeout
        // Keywords after dbname replace those of the connection string; keywords before it are defaults.
        let keywords = CStrings(["connect_timeout", "fallback_application_name", "dbname", "client_encoding"])
        let values = CStrings(["2", applicationName, connectionString, "UTF8"])
        let pointer = unsafe keywords.withPointers { keywords in
            unsafe values.withPointers { values in unsafe PQconnectdbParams(keywords, values, 1) }
        }
        guard let pointer = unsafe pointer else { throw PostgreSQLError("libpq has no memory for a connection") }
        guard unsafe PQstatus(pointer) == CONNECTION_OK, unsafe PQsetnonblocking(pointer, 1) == 0 else {
            let error = unsafe PostgreSQLError(libpqMessage: Self.message(pointer), hadNoEffect: true)
            unsafe PQfinish(pointer)
            throw error
        }
        unsafe self.pointer = unsafe pointer
        let context = unsafe Unmanaged.passUnretained(notices).toOpaque()
        // Without a receiver, libpq prints notices to standard error. `notices` lives as long as the connection.
        _ = unsafe PQsetNoticeReceiver(
            pointer,
            { context, result in
                guard let context = unsafe context,
                    unsafe PostgreSQLResult.field(UInt8(ascii: "V"), of: result) == "WARNING",
                    unsafe PostgreSQLResult.field(UInt8(ascii: "R"), of: result) == "SyncRepWaitForLSN"
                else { return }
                unsafe Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().isReplicationUnconfirmed = true
            },
            context
        )
    }

    deinit { close() }

    /// Checks a connection string without connecting.
    ///
    /// - Parameter connectionString: The keywords and values, or the URI.
    /// - Throws: ``KMError`` `configurationInvalid` if libpq cannot parse it.
    package static func check(connectionString: String) throws {
        // The message about a fault is not read, because it quotes the string.
        guard !connectionString.utf8.contains(0), let options = unsafe PQconninfoParse(connectionString, nil) else {
            throw KMError(
                .configurationInvalid,
                "libpq cannot parse the connection string; write keywords and values, or a postgresql:// URI in which "
                    + "special characters are percent-encoded"
            )
        }
        unsafe PQconninfoFree(options)
    }

    /// Whether a text can be the name of a table or schema: 1 to 48 lower-case letters, digits and underscores, of
    /// which the first is no digit.
    package static func isPlainName(_ text: some StringProtocol) -> Bool {
        (1...48).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
            && text.utf8.first.map { (0x30...0x39).contains($0) } == false
    }

    /// Whether nobody between this process and the server can read or change what they send: the connection is on this
    /// machine, or uses TLS and has verified the server's name.
    ///
    /// It looks at the options in use, from the connection string, the environment and a service file.
    package var isProtected: Bool {
        guard let pointer = unsafe pointer else { return false }
        let host = unsafe PQhost(pointer).map { unsafe String(cString: $0) } ?? ""
        if host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") { return true }
        let address = unsafe PQhostaddr(pointer).map { unsafe String(cString: $0) } ?? ""
        if address == "::1" || address.hasPrefix("127.") { return true }
        guard unsafe PQsslInUse(pointer) == 1, let options = unsafe PQconninfo(pointer) else { return false }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if unsafe String(cString: keyword) == "sslmode" {
                return unsafe option.pointee.val.map { unsafe String(cString: $0) } == "verify-full"
            }
            unsafe option += 1
        }
        return false
    }

    /// Whether statements can be sent.
    package var isOpen: Bool { unsafe pointer != nil }

    /// Closes the connection; a statement in progress is not cancelled.
    package func close() {
        if let pointer = unsafe pointer { unsafe PQfinish(pointer) }
        unsafe pointer = nil
    }

    /// Returns whether the server has not closed the connection since the last statement, and closes it otherwise.
    package func checkIdle() -> Bool {
        guard let pointer = unsafe pointer else { return false }
        // An idle server sends at most a few messages: changes of parameters, or the reason why it disconnects.
        for _ in 0..<16 {
            guard (try? wait(for: POLLIN, until: .now)) == true else { return true }
            if unsafe PQconsumeInput(pointer) == 0 { break }
        }
        close()
        return false
    }

    /// Executes a statement and waits for its result.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2` and so on for the parameters.
    ///   - values: The parameters.
    /// - Returns: The rows. The statement is committed, unless it is in a ``transaction(_:)``.
    /// - Throws: ``PostgreSQLError``, which says whether the statement can have had an effect.
    package func query(_ sql: String, _ values: [PostgreSQLValue] = []) throws(PostgreSQLError) -> PostgreSQLResult {
        guard let pointer = unsafe pointer, unsafe PQstatus(pointer) == CONNECTION_OK else {
            close()
            throw PostgreSQLError("the connection is closed")
        }
        // The server's own timeout comes first, so that its answer is known and the connection stays open.
        let deadline = ContinuousClock.now + timeout + .milliseconds(250)
        notices.isReplicationUnconfirmed = false
        guard unsafe send(sql, values, pointer) else { throw broken(unsafe Self.message(pointer)) }
        try unsafe flush(pointer, until: deadline)
        var rows: PostgreSQLResult?
        var failure: PostgreSQLError?
        // Without the end of the results, the transaction may not be committed.
        while let result = try unsafe nextResult(pointer, until: deadline) {
            switch result.status {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: rows = result
            case PGRES_FATAL_ERROR: failure = failure ?? Self.error(result, unsafe Self.message(pointer))
            default: throw broken("the server sent a result of an unexpected kind")
            }
        }
        if let failure {
            if !failure.hadNoEffect { close() }
            throw failure
        }
        guard let rows, unsafe PQstatus(pointer) == CONNECTION_OK,
            unsafe PQtransactionStatus(pointer) == (isInTransaction ? PQTRANS_INTRANS : PQTRANS_IDLE)
        else { throw broken(unsafe Self.message(pointer)) }
        if notices.isReplicationUnconfirmed {
            throw PostgreSQLError("the standbys did not confirm a commit", hadNoEffect: false)
        }
        return rows
    }

    /// Executes statements in one transaction, which is committed when `body` returns and rolled back when it throws.
    ///
    /// - Parameter body: The statements. It must not call this method.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw, or ``PostgreSQLError``, which says whether the transaction can have had an effect.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        isInTransaction = true
        defer { isInTransaction = false }
        let value: Value
        do {
            _ = try query("BEGIN")
            value = try body()
        } catch {
            isInTransaction = false
            // Without a commit, no statement has had an effect, even if the server does not answer.
            if isOpen { do { _ = try query("ROLLBACK") } catch { close() } }
            throw (error as? PostgreSQLError).map { PostgreSQLError($0.message, sqlState: $0.sqlState) } ?? error
        }
        // A statement that failed unnoticed would turn the commit into a rollback.
        guard let pointer = unsafe pointer, unsafe PQtransactionStatus(pointer) == PQTRANS_INTRANS else {
            close()
            throw PostgreSQLError("a statement of the transaction failed")
        }
        isInTransaction = false
        _ = try query("COMMIT")
        return value
    }

    private func send(_ sql: String, _ values: [PostgreSQLValue], _ pointer: OpaquePointer) -> Bool {
        var bytes: [UInt8] = []
        let starts = values.map { value in
            defer { value.append(to: &bytes) }
            return bytes.count
        }
        let lengths = zip(starts, starts.dropFirst() + [bytes.count]).map { Int32($1 - $0) }
        // A pointer to the end of the bytes must not be null, because null means SQL's null.
        bytes.append(0)
        let types = values.map(\.typeID)
        let formats = [Int32](repeating: 1, count: values.count)
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = unsafe starts.map { start in unsafe base.map { unsafe $0 + start } }
            return unsafe PQsendQueryParams(
                pointer,
                sql,
                Int32(values.count),
                types,
                pointers,
                lengths,
                formats,
                1
            )
        }
        return sent == 1
    }

    private func flush(_ pointer: OpaquePointer, until deadline: ContinuousClock.Instant) throws(PostgreSQLError) {
        while true {
            let state = unsafe PQflush(pointer)
            if state == 0 { return }
            guard state == 1 else { throw broken(unsafe Self.message(pointer)) }
            guard try wait(for: POLLIN | POLLOUT, until: deadline) else { throw late() }
            // A server that sends while it is sent to must be read, or both would wait.
            guard unsafe PQconsumeInput(pointer) == 1 else { throw broken(unsafe Self.message(pointer)) }
        }
    }

    private func nextResult(
        _ pointer: OpaquePointer,
        until deadline: ContinuousClock.Instant
    ) throws(PostgreSQLError) -> PostgreSQLResult? {
        while unsafe PQisBusy(pointer) == 1 {
            guard try wait(for: POLLIN, until: deadline) else { throw late() }
            guard unsafe PQconsumeInput(pointer) == 1 else { throw broken(unsafe Self.message(pointer)) }
        }
        return unsafe PQgetResult(pointer).map { unsafe PostgreSQLResult(owning: $0) }
    }

    /// Waits until the socket is ready; false if it is not by the deadline.
    private func wait(for events: Int32, until deadline: ContinuousClock.Instant) throws(PostgreSQLError) -> Bool {
        let socket = unsafe PQsocket(pointer)
        guard socket >= 0 else { throw broken("the connection has no socket") }
        while true {
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            let left = max(.zero, ContinuousClock.now.duration(to: deadline))
            let milliseconds = Int32(min((left / .milliseconds(1)).rounded(.up), 60_000))
            let count = unsafe poll(&descriptor, 1, milliseconds)
            if count > 0 { return true }
            if count < 0, errno != EINTR { throw broken("poll failed with error \(errno)") }
            if count == 0, ContinuousClock.now >= deadline { return false }
        }
    }

    private func late() -> PostgreSQLError {
        broken("the server did not answer within \(timeout)")
    }

    /// Closes the connection, and returns an error that says that the outcome is unknown.
    private func broken(_ message: String) -> PostgreSQLError {
        close()
        return PostgreSQLError(libpqMessage: message, hadNoEffect: false)
    }

    private static func error(_ result: PostgreSQLResult, _ message: String) -> PostgreSQLError {
        guard let state = result.field(UInt8(ascii: "C")), let text = result.field(UInt8(ascii: "M")) else {
            return PostgreSQLError(libpqMessage: message, hadNoEffect: false)
        }
        // After FATAL the server disconnects. Only ERROR says for certain that it rolled the statement back.
        return PostgreSQLError(text, sqlState: state, hadNoEffect: result.field(UInt8(ascii: "V")) == "ERROR")
    }

    private static func message(_ pointer: OpaquePointer) -> String {
        guard let text = unsafe PQerrorMessage(pointer) else { return "" }
        return unsafe String(cString: text)
    }
}

/// Strings for a C function that takes an array of them with a null pointer at the end.
private struct CStrings {
    private var bytes: [CChar] = []
    private var starts: [Int] = []

    init(_ texts: [String]) {
        for text in texts {
            starts.append(bytes.count)
            bytes += text.utf8.map { CChar(bitPattern: $0) } + [0]
        }
    }

    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe body(starts.map { start in unsafe bytes.baseAddress.map { unsafe $0 + start } } + [nil])
        }
    }
}
#endif
