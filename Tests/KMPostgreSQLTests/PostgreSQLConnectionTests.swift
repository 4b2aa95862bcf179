#if PostgreSQL
import Foundation
import KMPostgreSQL
import KMPostgreSQLTestSupport
import KMSecurity
import Testing

extension PostgreSQLTests {
    @Suite("Connections to PostgreSQL", .serialized)
    struct ConnectionTests {
        private let connection: PostgreSQLConnection

        init() throws { connection = try Self.connect(.seconds(10)) }

        private static func connect(_ timeout: Duration) throws -> PostgreSQLConnection {
            try PostgreSQLConnection(
                connectionString: PostgreSQLTests.claims().connectionString,
                applicationName: "tests",
                timeout: timeout
            )
        }

        @Test("Parameters and results of each type, with the smallest and largest values")
        func values() throws {
            for number in [Int64.min, -1, 0, 1, .max] {
                #expect(try connection.query("SELECT $1", [.int64(number)]).int64(0, 0) == number)
                let array = try connection.query("SELECT unnest($1)", [.int64s([number, 7, number])])
                #expect((0..<array.rowCount).map { array.int64($0, 0) } == [number, 7, number])
            }
            for text in ["", "a", "\"{},\\' é 🙂"] {
                #expect(try connection.query("SELECT $1", [.text(text)]).text(0, 0) == text)
                let array = try connection.query("SELECT unnest($1)", [.texts([text, "b"])])
                #expect((0..<array.rowCount).map { array.text($0, 0) } == [text, "b"])
            }
            let bytes = [[], [0], Array(0...255)] as [[UInt8]]
            let array = try connection.query("SELECT unnest($1)", [.byteArrays(bytes)])
            #expect((0..<array.rowCount).map { array.bytes($0, 0) } == bytes)
            #expect(try connection.query("SELECT unnest($1)", [.byteArrays([])]).rowCount == 0)
            #expect(try connection.query("SELECT true, false, NULL").bool(0, 0) == true)
            let row = try connection.query("SELECT NULL::bigint, 1::smallint, false")
            #expect(row.int64(0, 0) == nil)
            #expect(row.int64(0, 1) == nil)
            #expect(row.bool(0, 2) == false)
            #expect(row.bytes(1, 0) == nil)
            #expect(row.bytes(0, 3) == nil)
            #expect(row.bytes(-1, -1) == nil)
        }

        @Test("Parameters and results of several megabytes")
        func large() throws {
            let bytes = [[UInt8]](repeating: [UInt8](repeating: 7, count: 1000), count: 8000)
            let result = try connection.query("SELECT unnest($1)", [.byteArrays(bytes)])
            #expect(result.rowCount == 8000)
            #expect(result.bytes(7999, 0) == bytes[0])
        }

        @Test("After an error the connection is usable, and the error contains no parameter")
        func errors() throws {
            let error = #expect(throws: PostgreSQLError.self) {
                try connection.query("SELECT 1 / $1", [.int64(0)])
            }
            #expect(error?.sqlState == "22012")
            #expect(error?.hadNoEffect == true)
            #expect(try connection.query("SELECT $1", [.int64(1)]).int64(0, 0) == 1)
        }

        @Test("A statement that takes longer than the timeout closes the connection, with an unknown outcome")
        func timeout() throws {
            let connection = try Self.connect(.milliseconds(100))
            let error = #expect(throws: PostgreSQLError.self) { try connection.query("SELECT pg_sleep(2)") }
            #expect(error?.hadNoEffect == false)
            #expect(!connection.isOpen)
            #expect(throws: PostgreSQLError.self) { try connection.query("SELECT 1") }
        }

        @Test("A connection that the server terminated is found when it is idle")
        func idle() throws {
            #expect(connection.checkIdle())
            let id = try connection.query("SELECT pg_backend_pid()::bigint").int64(0, 0)
            try PostgreSQLTests.claims().server.query("SELECT pg_terminate_backend(\(id ?? 0), 2000)")
            usleep(100_000)
            #expect(!connection.checkIdle())
            #expect(!connection.isOpen)
        }
    }
}
#endif
