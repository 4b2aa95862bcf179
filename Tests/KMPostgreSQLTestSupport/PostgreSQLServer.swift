#if PostgreSQL
internal import Foundation
package import KMPostgreSQL

/// A PostgreSQL server that the tests start in a temporary directory, with a Unix socket and no TCP port.
package final class PostgreSQLServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The folder of PostgreSQL's commands; nil if it is not installed.
    package static let commands: String? = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let folders = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
        return (folders + ["/opt/homebrew/bin", "/usr/local/bin", "/usr/local/pgsql/bin", "/usr/bin"])
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
    }()

    /// Why the tests are skipped.
    package static let absence = "PostgreSQL is not installed: apt-get install postgresql"

    package let directory: String
    private var data: String { "\(directory)/data" }

    /// Creates a cluster, with the password `administrator-secret` of the user `admin`, and starts it.
    ///
    /// - Parameter template: A cluster to copy, which is stopped for that; nil to create one.
    /// - Throws: ``Failure`` if a command fails.
    package init(copying template: PostgreSQLServer? = nil) throws {
        directory = "/tmp/kmpg-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try "administrator-secret".write(toFile: "\(directory)/password", atomically: true, encoding: .utf8)
        if getuid() == 0 { try Self.command(["chown", "-R", "postgres", directory], asOwner: false) }
        if let template {
            try template.stop(mode: "fast")
            try Self.command(["cp", "-a", template.data, data])
            try template.start()
        } else {
            try Self.command([
                "\(Self.commands ?? "")/initdb", "--pgdata", data, "--username", "admin", "--pwfile",
                "\(directory)/password", "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync",
            ])
        }
    }

    deinit { remove() }

    /// Stops the server and removes its files.
    package func remove() {
        try? stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The connection string for a user, with a password.
    package func connectionString(password: String = "administrator-secret", database: String = "postgres") -> String {
        "host=\(directory) port=5432 user=admin password='\(password)' dbname=\(database)"
    }

    /// Starts the server and waits until it accepts connections.
    package func start(options: String = "") throws {
        // After a crash, the memory of the old processes must be released first.
        for attempt in 0... {
            do {
                try control("start", "--options", "-k \(directory) -c listen_addresses='' \(options)")
                return
            } catch {
                guard attempt < 120 else {
                    let log = (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? ""
                    throw Failure(description: "\(error): \(log.suffix(2000))")
                }
                usleep(250_000)
            }
        }
    }

    /// Starts the server with TLS on a free port of 127.0.0.1, which is returned.
    ///
    /// `certificate.pem` is its certificate for localhost. `other.pem` is a certificate that it does not use.
    package func startWithTLS() throws -> Int {
        for name in ["other", "certificate"] {
            try Self.command([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(directory)/\(name).key",
                "-out", "\(directory)/\(name).pem",
            ])
        }
        var attempt = 0
        while true {
            let port = Int.random(in: 20000..<60000)
            let options = """
                -k \(directory) -p \(port) -c listen_addresses=127.0.0.1 -c ssl=on \
                -c ssl_cert_file=\(directory)/certificate.pem -c ssl_key_file=\(directory)/certificate.key
                """
            do {
                try control("start", "--options", options)
                return port
            } catch {
                // Another process can have the port.
                attempt += 1
                if attempt == 5 { throw error }
            }
        }
    }

    package func stop(mode: String = "immediate") throws { try control("stop", "--mode", mode) }

    /// Creates the file that makes the server a standby when it starts.
    package func becomeStandby() throws { try Self.command(["touch", "\(data)/standby.signal"]) }

    /// Kills the server's first process, which ends all others without a shutdown of the database.
    package func kill() throws {
        let text = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
        guard let id = text.split(separator: "\n").first.flatMap({ pid_t($0) }) else {
            throw Failure(description: "postmaster.pid has no process id")
        }
        // Under root, or as the same user.
        guard Foundation.kill(id, SIGKILL) == 0 else { throw Failure(description: "kill failed: \(errno)") }
    }

    /// The process ids of the connections of replay guards.
    package func guardProcesses() throws -> [Int32] {
        let rows = try query(
            "SELECT pid::bigint FROM pg_stat_activity WHERE application_name = 'KMSecurity replay guard'"
        )
        return (0..<rows.rowCount).compactMap { rows.int64($0, 0).map { Int32($0) } }
    }

    /// Executes a statement on a new connection.
    @discardableResult
    package func query(_ sql: String) throws -> PostgreSQLResult {
        let connection = try PostgreSQLConnection(
            connectionString: connectionString(),
            applicationName: "tests",
            timeout: .seconds(10)
        )
        return try connection.query(sql)
    }

    private func control(_ arguments: String...) throws {
        try Self.command(
            ["\(Self.commands ?? "")/pg_ctl", "--pgdata", data, "--log", "\(directory)/log", "--wait", "--silent"]
                + arguments
        )
    }

    /// Runs a command, as the user postgres if the tests run as root, because PostgreSQL rejects root.
    ///
    /// Foundation's `Process` would wait for the server too, which inherits its pipe from the command.
    private static func command(_ arguments: [String], asOwner: Bool = true) throws {
        let user = asOwner && getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        let words = ["/bin/sh", "-c", "cd /tmp && exec \"$@\" </dev/null >/dev/null 2>&1", "sh"] + user + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var id: pid_t = 0
        guard unsafe posix_spawn(&id, "/bin/sh", nil, nil, &pointers, environ) == 0 else {
            throw Failure(description: "posix_spawn failed")
        }
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failure(description: "\(arguments[0]) failed with status \(status)") }
    }
}
#endif
