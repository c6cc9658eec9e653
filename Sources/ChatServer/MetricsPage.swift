import ChatWire

/// The content of `/metrics`: the counters, and the current state.
struct MetricsPage {
    var metrics: Metrics
    var version: String
    var uptime: Duration
    var authorized: Int
    /// Messages and receipts that wait for the database.
    var commitQueue: Int
    var receiptQueue: Int
    var figures: ServerFigures
    var store: StoreCondition?
    /// Nil if this is the only node.
    var nodes: NodeFigures?

    var text: String {
        var page = Exposition()
        page.gauge("chat_server_build_info", "The program's version.", 1, [("version", version)])
        page.gauge("chat_server_uptime_seconds", "How long the server has been running.", uptime / .seconds(1))
        addConnections(to: &page)
        addMessages(to: &page)
        addQueues(to: &page)
        addSockets(to: &page)
        addProcess(to: &page)
        if let store { addStore(store, to: &page) }
        if let nodes { addNodes(nodes, to: &page) }
        return page.text
    }

    private func addConnections(to page: inout Exposition) {
        page.gauge("chat_server_connections", "Open WebSockets.", metrics.connections)
        page.gauge("chat_server_connections_authorized", "Those whose user is known.", authorized)
        page.counter("chat_server_connections_accepted_total", "WebSockets opened.", metrics.accepted)
        page.counter(
            "chat_server_connections_refused_total", "Refused at the upgrade, or when they said who they are.",
            by: "reason", metrics.refusedConnections)
        page.counter(
            "chat_server_connections_ended_total", "WebSockets that ended, by who or what ended them.", by: "reason",
            metrics.ended)
        page.counter(
            "chat_server_resumes_total",
            "Clients that came back for what they missed: it was sent, or they have to reload.",
            by: "outcome", metrics.resumes)
        page.counter(
            "chat_server_limits_hit_total", "How often somebody reached a limit.", by: "limit", metrics.limitsHit)
    }

    private func addMessages(to page: inout Exposition) {
        page.counter("chat_server_messages_stored_total", "Messages stored, without repeats.", metrics.stored)
        page.counter(
            "chat_server_messages_delivered_total", "Messages sent to a connection, live or later.", metrics.delivered)
        page.counter(
            "chat_server_messages_refused_total", "Messages that were not stored, by the error's code.", by: "reason",
            metrics.refusedMessages)
        page.counter("chat_server_errors_total", "Errors sent to clients.", by: "code", metrics.errors)
        page.histogram(
            "chat_server_commit_seconds", "What a transaction of messages took.", metrics.commitTime)
        page.histogram(
            "chat_server_delivery_seconds",
            "From a message's arrival until it was sent to its receiver, who was there.",
            metrics.deliveryTime)
    }

    private func addQueues(to page: inout Exposition) {
        page.gauge("chat_server_commit_queue", "Messages that wait for the database.", commitQueue)
        page.gauge("chat_server_receipt_queue", "Acks, read marks and blocks that wait for the database.", receiptQueue)
        page.gauge("chat_server_outbound_bytes", "Bytes that wait for slow clients.", figures.outboundBytes)
    }

    private func addSockets(to page: inout Exposition) {
        page.gauge(
            "chat_server_sockets", "Open sockets from the accept on, whatever is spoken on them.", figures.sockets)
        if let limit = figures.maxSockets {
            page.gauge("chat_server_sockets_limit", "How many there may be.", limit)
        }
        page.gauge(
            "chat_server_sockets_opening", "Those on which nobody has asked for anything yet.", figures.openingSockets)
        page.counter(
            "chat_server_sockets_refused_total", "Sockets closed at the accept, by the limit that they were over.",
            by: "limit", figures.refusedSockets.map { ($0, $1) }.sorted { $0.0 < $1.0 })
        page.counter(
            "chat_server_http_answers_total", "Answers over HTTP, refused upgrades included.", by: "status",
            figures.httpAnswers.map { ("\($0)", $1) }.sorted { $0.0 < $1.0 })
        page.counter(
            "chat_server_http_answer_bytes_total", "Bytes of their bodies.", figures.httpAnswerBytes)
    }

    /// These names are those of Prometheus' own client libraries.
    private func addProcess(to page: inout Exposition) {
        if let bytes = figures.residentBytes {
            page.gauge("process_resident_memory_bytes", "Resident memory.", bytes)
        }
        if let count = figures.openDescriptors {
            page.gauge("process_open_fds", "Open file descriptors.", count)
        }
        if let limit = figures.maxDescriptors {
            page.gauge("process_max_fds", "How many there may be.", limit)
        }
        page.counter(
            "chat_server_log_lines_dropped_total", "Lines of the log that nobody took in time, or the disk refused.",
            figures.droppedLogLines)
    }

    private func addStore(_ store: StoreCondition, to page: inout Exposition) {
        page.gauge("chat_server_database_bytes", "Size of the database file.", store.databaseBytes)
        page.gauge("chat_server_database_wal_bytes", "Size of its write-ahead log.", store.logBytes)
        if let free = store.freeBytes {
            page.gauge("chat_server_database_free_bytes", "Bytes that its disk has left.", free)
        }
        page.counter(
            "chat_server_database_errors_total", "Failures of the database, by what was wrong.", by: "reason",
            StoreError.kinds.map { ($0, store.failures[$0, default: 0]) })
    }

    private func addNodes(_ nodes: NodeFigures, to page: inout Exposition) {
        page.gauge("chat_server_node_info", "This node's name.", 1, [("node", nodes.name)])
        page.gauge("chat_server_nodes", "Other nodes that are alive.", nodes.others)
        page.gauge("chat_server_bus_up", "1 while the bus between the nodes is there.", nodes.isOnBus ? 1 : 0)
        page.counter("chat_server_bus_published_total", "Events told to the other nodes.", nodes.published)
        page.counter("chat_server_bus_received_total", "Events that other nodes told.", nodes.taken)
        page.counter("chat_server_bus_gaps_total", "How often something was lost between nodes.", nodes.gaps)
    }
}
