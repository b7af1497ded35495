"""Two lines that follow a slider."""

import math
import os

from dash import Dash, Input, Output, dcc, html

# Dash reads DASH_ROUTES_PATHNAME_PREFIX by itself.
app = Dash(__name__)
app.layout = html.Main(
    [
        html.H1("Waves"),
        dcc.Slider(1, 10, step=1, value=3, id="frequency"),
        dcc.Graph(id="waves"),
    ]
)


@app.callback(Output("waves", "figure"), Input("frequency", "value"))
def draw(frequency: int) -> dict:
    xs = [step / 100 for step in range(629)]
    return {
        "data": [
            {"x": xs, "y": [math.sin(frequency * x) for x in xs], "name": "sine"},
            {"x": xs, "y": [math.cos(frequency * x) for x in xs], "name": "cosine"},
        ]
    }


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8050")))
