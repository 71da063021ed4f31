"""The edge controller: it reads the greenhouse, decides by the farmer's rules, and acts."""
