"""Puts what only clouds can make into the server's database: gateways that run, and a volume that is active."""

import json
import sqlite3
import sys
import uuid
from datetime import datetime, timezone

database, volume, *gateways = sys.argv[1:]
connection = sqlite3.connect(database, timeout=30)
now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
(project,) = connection.execute("select id from projects where name = 'main'").fetchone()


def insert(table, **row):
    row = {"id": uuid.uuid4().hex, **row}
    connection.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
        list(row.values()),
    )
    return row["id"]


placed = {"region": "EU-SE-1", "created_at": now, "last_processed_at": now, "status": "RUNNING"}
backend = insert(
    "backends",
    project_id=project,
    type="RUNPOD",
    config=json.dumps({"type": "runpod", "regions": None, "community_cloud": None}),
    auth="enc:identity:noname:" + json.dumps({"type": "api_key", "api_key": "none"}),
)
for name in gateways:
    configuration = {"type": "gateway", "name": name, "backend": "runpod", "region": "EU-SE-1"}
    gateway = insert(
        "gateways",
        **placed,
        name=name,
        project_id=project,
        backend_id=backend,
        wildcard_domain=f"*.{name}.example.com",
        configuration=json.dumps({**configuration, "domain": f"{name}.example.com"}),
        desired_replica_count=1,
    )
    insert(
        "gateway_computes",
        **placed,
        name=f"{name}-0",
        gateway_id=gateway,
        backend_id=backend,
        ip_address="127.0.0.1",
        ssh_private_key="none",
        ssh_public_key="none",
        active=1,
        app_updated_at=now,
    )
(user,) = connection.execute("select id from users where name = 'admin'").fetchone()
insert(
    "volumes",
    name=volume,
    project_id=project,
    user_id=user,
    created_at=now,
    last_processed_at=now,
    deleted=0,
    status="ACTIVE",
    configuration=json.dumps(
        {"type": "volume", "name": volume, "backend": "runpod", "region": "EU-SE-1", "size": 10}
    ),
)
connection.commit()
